import { type Figures, targets } from "./simulation/figures.ts";
import { scenarios } from "./simulation/scenario.ts";
import { simulate } from "./simulation/simulate.ts";

/**
 * `npm run simulate`: a year of a thousand certificates on a simulated clock, and what it came to against what is asked of
 * it. `npm run simulate -- import`: another scenario.
 */
async function main(name = "year"): Promise<void> {
  const scenario = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
  if (scenario === undefined) {
    console.error(`There is no scenario ${JSON.stringify(name)}; there are ${Object.keys(scenarios).join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  const began = performance.now();
  const showsProgress = process.stderr.isTTY;
  const figures = await simulate(scenario, (day) => {
    if (showsProgress) process.stderr.write(`\rday ${day} of ${scenario.days} `);
  });
  if (showsProgress) process.stderr.write("\r");
  const rows = rowsOf(figures, scenario.peakToMean);
  for (const { what, figure, target, met } of rows) {
    console.log(`${what.padEnd(44)} ${figure.padStart(14)}   ${target.padEnd(16)} ${met ? "" : "NOT MET"}`.trimEnd());
  }
  console.log(`simulated in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  if (rows.some(({ met }) => !met)) process.exitCode = 1;
}

interface Row {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  readonly met: boolean;
}

function rowsOf(figures: Figures, mostPeak: number): readonly Row[] {
  const said = (what: string, figure: string): Row => ({ what, figure, target: "", met: true });
  const { ordersToIdeal, peakToMean, busiestHour } = figures;
  return [
    said("certificates", String(figures.certificates)),
    said("days until all were first issued", figures.rampDays.toFixed(2)),
    ...figures.kinds.map(({ label, certificates, orders, ideal }) =>
      said(`${certificates} of ${label}: orders, ideal`, `${orders}, ${ideal}`),
    ),
    said("orders an hour after the start, mean", figures.meanPerHour.toFixed(2)),
    said("busiest hour: orders, day", `${busiestHour.orders}, ${busiestHour.day.toFixed(1)}`),
    said("least life left at a renewal", `${(figures.leastLeft * 100).toFixed(1)} %`),
    {
      what: "expired",
      figure: String(figures.expired.length),
      target: "none",
      met: figures.expired.length <= targets.expired,
    },
    {
      what: "limits hit",
      figure: String(figures.limited.length),
      target: "none",
      met: figures.limited.length <= targets.limited,
    },
    {
      what: "orders to ideal",
      figure: ordersToIdeal.toFixed(4),
      target: `1 ± ${targets.ordersToIdeal}`,
      met: Math.abs(ordersToIdeal - 1) <= targets.ordersToIdeal,
    },
    {
      what: "busiest hour to mean",
      figure: `${peakToMean.toFixed(2)}x`,
      target: `at most ${mostPeak}x`,
      met: peakToMean <= mostPeak,
    },
  ];
}

await main(process.argv[2]);
