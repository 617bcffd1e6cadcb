import { z } from 'zod'
import { filled, label, object, open, string, version } from './Fields.ts'
import { type PaymentRequirements, PaymentRequirementsSchema } from './PaymentRequirements.ts'

/** What is for sale (x402 v2 section 5.1.2). */
export type ResourceInfo = {
  /** The exact URL that was asked for, query included; buyers compare it. */
  readonly url: string
  readonly description?: string
  readonly mimeType?: string
  /** 1 to 32 printable ASCII characters. */
  readonly serviceName?: string
  /** At most five, each 1 to 32 printable ASCII characters. */
  readonly tags?: readonly string[]
  /** At most 2048 characters. */
  readonly iconUrl?: string
}

/** The challenge that travels with a 402 (x402 v2 section 5.1). */
export type PaymentRequired = {
  readonly x402Version: 2
  /** Why payment is asked for, for people; not a code. */
  readonly error?: string
  readonly resource: ResourceInfo
  /** At least one. */
  readonly accepts: readonly PaymentRequirements[]
  /** By extension key; each value is `{ info, schema }` by the specification, unchecked here. */
  readonly extensions?: Readonly<Record<string, unknown>>
}

const fiveLabels: z.ZodType<readonly string[]> = z
  .array(label, { error: 'a list of strings' })
  .max(5, { error: 'at most five tags' })

const iconUrl: z.ZodType<string> = z
  .string({ error: 'a string' })
  .max(2048, { error: 'at most 2048 characters' })

/** Checks the shape of {@link ResourceInfo}; for untrusted input use a parse function. */
export const ResourceInfoSchema: z.ZodType<ResourceInfo> = object<ResourceInfo>({
  url: filled,
  description: string.nullish(),
  mimeType: string.nullish(),
  serviceName: label.nullish(),
  tags: fiveLabels.nullish(),
  iconUrl: iconUrl.nullish(),
})

const offers: z.ZodType<readonly PaymentRequirements[]> = z
  .array(PaymentRequirementsSchema, { error: 'a list of payment requirements' })
  .min(1, { error: 'at least one payment requirement on an EVM network' })

/** Checks the shape of {@link PaymentRequired}; for untrusted input use a parse function. */
export const PaymentRequiredSchema: z.ZodType<PaymentRequired> = object<PaymentRequired>({
  x402Version: version,
  error: string.nullish(),
  resource: ResourceInfoSchema,
  accepts: offers,
  extensions: open.nullish(),
})
