/** A configuration that shows every part of the file at work. `certwright config check` accepts it as it is. */
export const configExample = `version: 1
state:
  location: s3://acme-state/prod
  options:
    endpoint: https://s3.example.net
    region: eu-central-1
    accessKeyId: AKIAEXAMPLE
    secretAccessKey: { env: AWS_SECRET_ACCESS_KEY }
  encryptionKey: { file: secrets/state-key }
parallel: 8

accounts:
  ops: { email: ops@example.com, acceptTerms: true }

cas:
  letsencrypt: {}
  zerossl:
    eab: { keyId: kid-1234, hmacKey: { env: ZEROSSL_HMAC } }
  internal:
    url: https://ca.internal.example.net/acme/directory
    caFile: internal-root.pem
    limits:
      - { subject: account-orders, count: 100, period: 1h, exempt: [ari] }

providers:
  cloudflare:
    zones: [example.com]
    options: { apiToken: { file: secrets/cloudflare } }
  customers:
    provider: cloudflare
    zones: [example.net, example.org]
    options: { apiToken: { command: [vault, read, -field=token, kv/dns] } }
  bind:
    provider: rfc2136
    zone: internal.example.net
    options:
      nameserver: 192.0.2.53:53
      keyName: certwright
      keySecret: { file: secrets/tsig }

targets:
  edge:
    haproxy: /run/haproxy/admin.sock
    add: { list: /etc/haproxy/certs.lst, options: alpn h2 }
    check: ["127.0.0.1:443"]
  branch:
    dataplane: { url: "https://lb.branch.example.net:5555", user: certwright, password: { file: secrets/branch }, ca: tls/ca.pem }
    add: { list: /etc/haproxy/ssl/certs.txt }
    reload: true
  nginx:
    exec: [systemctl, reload, nginx]
    timeout: 30s

fleets:
  eu:
    dns: { name: haproxy.eu.example.net, port: 9443 }
    tls: { ca: tls/ca.pem, cert: tls/client.pem, key: tls/client.key, serverName: haproxy.eu.example.net }
    policy: canary
    canary: { nodes: 1, wait: 2m }
    parallel: 10
  lab:
    nodes: [/run/lab1/admin.sock, "master:/run/lab2/master.sock"]
    policy: quorum
    quorum: 60%
  behind-apis:
    nodes: ["dataplane:https://lb1.example.net:5555", "dataplane:https://lb2.example.net:5555"]
    dataplane: { user: certwright, password: { command: [pass, haproxy/api] }, cert: tls/client.pem, key: tls/client.key }
    check: ["node:443"]
  spot:
    command: [./list-nodes, --up]
    tls: { ca: tls/ca.pem, cert: tls/client.pem, key: tls/client.key }
    policy: best-effort

hooks:
  pre: [[/usr/local/bin/freeze-deploys]]
  post: [[/usr/local/bin/thaw-deploys]]
  deploy:
    - { command: [./record-certificate], name: inventory, env: { INVENTORY_TOKEN: { env: INVENTORY_TOKEN } } }

defaults:
  keyType: ec256
  cas: [letsencrypt, zerossl]
  challenges: [dns-01]
  dns:
    resolvers: [192.0.2.53, "https://dns.example.net/dns-query"]
    propagation: { mode: check, wait: 5m }
  deploy: [edge]

certificates:
  www.example.com:
  example.com:
    names: [example.com, "*.example.com"]
    profile: tlsserver
    deploy: [edge, eu]
  example.net-rsa:
    names: [example.net, shop.example.org]
    keyType: rsa2048
    reuseKey: true
    dns:
      aliases: { _acme-challenge.example.net: _acme-challenge.acme.example.com }
  db.internal.example.net:
    cas: [internal]
    challenges:
      - { type: dns-01, providers: [bind] }
    deploy: [nginx, lab]
    hooks:
      pre: [[./maintenance, on]]
      deploy:
        - command: [./reload-postgres, "main cluster"]
          timeout: 1m
          passEnv: [PGHOST]
      post: [[./maintenance, off]]
  ip.example.com:
    names: [ip.example.com, 192.0.2.10]
    profile: shortlived
    challenges:
      - { type: http-01, webroot: /var/www/acme }
      - { type: tls-alpn-01, listen: ":443" }
    deploy: ["haproxy:/run/haproxy/admin.sock", spot]

notifications:
  chat:
    webhook: { env: CHAT_WEBHOOK_URL }
    headers: { Authorization: { file: secrets/chat } }
    on: [issued, failed]
  mail:
    email: [ops@example.com]
    from: certwright@example.com
    smtp: { url: "smtp://mail.example.com:587", user: certwright, password: { file: secrets/smtp } }
  pager:
    exec: [./page, "{}"]
    on: [expiring]
    quiet: 1h

alarms: { warning: 85%, critical: 95% }

serve:
  listen: 127.0.0.1:9465
  interval: 10m
`;
