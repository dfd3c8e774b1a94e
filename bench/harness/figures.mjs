// Medians, and the ratios between contenders of one round.
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs `measure(contender)` for each in turn, `rounds` times; gives the rounds, each a Map from name to figures. */
export async function inTurn(contenders, rounds, measure) {
  const all = [];
  for (let round = 0; round < rounds; ++round) {
    const figures = new Map();
    for (const contender of contenders) figures.set(contender.name, await measure(contender));
    all.push(figures);
  }
  return all;
}

export function medianOf(rounds, name, figure) {
  return median(rounds.map((round) => round.get(name)[figure]));
}

/** The median over the rounds of the quotient within a round: what the machine did meanwhile divides out. */
export function ratio(rounds, name, other, figure) {
  return median(rounds.map((round) => round.get(name)[figure] / round.get(other)[figure]));
}

export function difference(rounds, name, other, figure) {
  return median(rounds.map((round) => round.get(name)[figure] - round.get(other)[figure]));
}
