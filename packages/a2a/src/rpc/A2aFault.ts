import type { A2AError, A2AErrorOptions } from '@a2a-js/sdk/errors'
import { type Problem, problemOf } from '@key0/checkout'
import type { ErrorCode } from '@key0/core'

/** How A2A names a kind of failure. */
export type Semantic = new (options?: A2AErrorOptions | string) => A2AError

/** A failure that A2A has a name of its own for, besides our code. */
export class A2aFault extends Error {
  override readonly name = 'A2aFault'
  readonly semantic: Semantic
  readonly problem: Problem

  constructor(semantic: Semantic, code: ErrorCode, facts: Problem['facts'] = {}) {
    const problem = problemOf(code, facts)
    super(problem.title)
    this.semantic = semantic
    this.problem = problem
  }
}
