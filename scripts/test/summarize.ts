/** The part of vitest's JSON report that decides the result. */
export type Report = {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

export type Summary = {
  /** `N passed, N failed`, followed by `, N skipped` where tests were skipped. */
  readonly line: string
  readonly ok: boolean
  /** Why the run failed, where no failed test says so itself. */
  readonly reasons: readonly string[]
}

/**
 * Counts test cases. Whatever else broke a run (a file that could not be loaded, an error outside
 * every test, a runner that died) counts as one failure each, so that a run which did not prove
 * what it should never ends in `0 failed`.
 */
export function summarize(report: Report | undefined, exitCode: number): Summary {
  const files = report?.testResults ?? []
  const statuses = files.flatMap((file) => file.assertionResults.map(({ status }) => status))
  const count = (status: string): number => statuses.filter((each) => each === status).length
  const passed = count('passed')
  const failedCases = count('failed')
  const skipped = statuses.length - passed - failedCases

  const reasons = files
    .filter((file) => file.status === 'failed')
    .filter((file) => !file.assertionResults.some(({ status }) => status === 'failed'))
    .map((file) => `${file.name} did not run to its end`)
  if (report === undefined) reasons.push('vitest left no report')
  else if (passed + failedCases === 0 && reasons.length === 0) reasons.push('no test ran')
  if (exitCode !== 0 && failedCases === 0 && reasons.length === 0) {
    reasons.push(`vitest ended with code ${exitCode} although no test failed`)
  }

  const failed = failedCases + reasons.length
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return { line, ok: failed === 0 && exitCode === 0, reasons }
}
