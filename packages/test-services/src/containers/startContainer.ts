import { findEngine } from './findEngine.ts'

export type ContainerOptions = {
  readonly image: string
  /** The port inside; outside it is a free one. */
  readonly port: number
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** What it says when it is ready, and the how many-th time that it says so counts. */
  readonly ready: readonly [line: RegExp, times: number]
}

/** A server in a container of its own. */
export type Container = {
  /** Host and port, as a URL has them. */
  readonly address: string
  readonly image: string
  /** Ends it and removes it with its volumes. */
  stop(): Promise<void>
}

/** Longer than a server takes to be ready, and an image to come from a registry close by. */
const START_MS = 60_000

/**
 * Starts a container where a Docker engine answers.
 *
 * @returns the container; or, as a sentence, why there is none: then nothing of it is left running
 */
export async function startContainer(options: ContainerOptions): Promise<Container | string> {
  if (!(await findEngine())) return 'no Docker engine answers.'
  const { image, port, command = [], environment = {}, ready } = options
  // Only now, because it is large and most machines that run this have no engine.
  const { GenericContainer, Wait } = await import('testcontainers')
  try {
    const started = await new GenericContainer(image)
      .withExposedPorts(port)
      .withCommand([...command])
      .withEnvironment({ ...environment })
      .withWaitStrategy(Wait.forLogMessage(...ready))
      .withStartupTimeout(START_MS)
      .start()
    const address = `${started.getHost()}:${started.getMappedPort(port)}`
    const stop = async (): Promise<void> => {
      await started.stop({ timeout: 0, remove: true, removeVolumes: true })
    }
    return { address, image, stop }
  } catch (error) {
    // testcontainers removes what did not become ready before it says so.
    return `a container of ${image} could not be started. ${firstLine(error)}`
  }
}

function firstLine(error: unknown): string {
  return String(error).split('\n')[0] ?? ''
}
