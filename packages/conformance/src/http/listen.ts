import type { AddressInfo, Server } from 'node:net'

/** Puts a server on a free port of this machine, until it is disposed of. */
export async function listen(
  server: Server,
): Promise<{ readonly origin: string } & AsyncDisposable> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  }
}
