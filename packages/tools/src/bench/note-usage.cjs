// Loaded before a command that is measured: writes down at its exit what it took.
process.on("exit", () => {
  require("node:fs").writeFileSync(process.env.BENCH_USAGE, JSON.stringify(process.resourceUsage()));
});
