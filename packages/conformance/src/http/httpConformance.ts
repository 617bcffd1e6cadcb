import { type ConformanceOptions, registerLaws } from '../store/registerLaws.ts'
import type { Feature } from './Exchange.ts'
import { exchanges } from './exchanges.ts'
import { type HttpRig, runExchange } from './runExchange.ts'

export type HttpConformanceOptions = ConformanceOptions<HttpRig> & {
  /** What the server offers besides Key0's own paths. */
  readonly offers?: readonly Feature[]
}

/**
 * Registers one test for every exchange, each over a server and a world of its own.
 *
 * @throws Error when `except` names an exchange that does not exist, or gives no reason
 */
export function httpConformance({ offers = [], ...options }: HttpConformanceOptions): void {
  const asked = exchanges.filter(({ needs }) => needs === undefined || offers.includes(needs))
  registerLaws(
    asked.map((exchange) => ({
      law: exchange.name,
      prove: (rig: HttpRig) => runExchange(exchange, rig),
    })),
    options,
  )
}
