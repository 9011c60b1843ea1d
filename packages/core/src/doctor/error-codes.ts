/** Findings of `certwright doctor` that have no error of their own, and what they mean. */
export const doctorErrorCodes = {
  DOCTOR_CAA_FORBIDS: "CAA records forbid the CA to issue for a name.",
  DOCTOR_CAA_METHOD: "CAA records rule out some of the ways the name could be proved.",
  DOCTOR_CAA_UNKNOWN: "The CAA records of a name cannot be looked up; a CA must not issue then.",
  DOCTOR_BOGUS: "Answers about a name fail DNSSEC validation, which CAs insist on.",
  DOCTOR_ZONE: "The zone of a name, or its name servers, cannot be found.",
  DOCTOR_SERVER: "A name server of the zone is of no use: dead, lame, refusing, failing.",
  DOCTOR_SERIALS: "The name servers of a zone hold different copies of it.",
  DOCTOR_SERVER_LIST: "The name servers of a zone do not agree on which servers it has.",
  DOCTOR_ADDRESS: "A name has no address, so nothing can be asked there.",
  DOCTOR_PORT: "The port a CA would ask is not reached from this machine.",
  DOCTOR_WAY: "A name could not be proved this way; the message says how far it got.",
  DOCTOR_NAMES: "More names than the CA puts into one certificate of this profile.",
  DOCTOR_PROFILE: "The CA does not offer the profile.",
  DOCTOR_STATE: "The state directory cannot be used, or something in it cannot be read.",
  DOCTOR_CA: "The CA cannot be asked.",
} as const;

export type DoctorCode = keyof typeof doctorErrorCodes;
