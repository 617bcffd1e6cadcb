/** Prints the account of the demo: what was done, what was checked, and what it cost. */
export type Report = {
  step(title: string): void
  say(text: string): void
  /** States a fact only after checking it; a false one ends the demo. */
  check(holds: boolean, fact: string): void
  money(rows: readonly (readonly [who: string, before: bigint, after: bigint])[]): void
}

export function createReport(): Report {
  let count = 0
  const print = (line: string): void => console.log(line)
  return {
    step(title) {
      count += 1
      print(`\n${count}. ${title}`)
    },
    say: (text) => print(`   ${text}`),
    check(holds, fact) {
      if (!holds) throw new Error(`This should hold and does not: ${fact}`)
      print(`   ✓ ${fact}`)
    },
    money(rows) {
      for (const [who, before, after] of rows) {
        const change = after - before
        const sign = change > 0n ? '+' : change < 0n ? '-' : ' '
        const moved = usdc(change < 0n ? -change : change)
        print(
          `   ${who.padEnd(8)} ${usdc(before).padStart(14)} -> ${usdc(after).padStart(14)}  ${sign}${moved}`,
        )
      }
    },
  }
}

function usdc(units: bigint): string {
  const digits = units.toString().padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)} USDC`
}
