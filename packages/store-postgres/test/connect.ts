import postgres from 'postgres'

/** A client as tests want it: a notice is a mistake. */
export function connect(url: string, options: object = {}): postgres.Sql {
  return postgres(url, {
    max: 4,
    onnotice: (notice) => {
      throw new Error(`The server had something to say: ${notice.message}`)
    },
    ...options,
  })
}
