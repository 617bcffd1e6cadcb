import type { IncomingMessage, ServerResponse } from 'node:http'

/** The connection of a request whose answer is caught, as its handler sees it. */
export type HeldConnection = {
  /** Tells the handler what became of the connection, now that its answer is on its way. */
  readonly release: () => void
}

/**
 * Parts a handler from its connection. A client that hangs up does not stop it, because it has paid
 * for the answer and asks for it again. A handler or framework that closes the connection breaks
 * off what it was answering, by `breakOff`, and leaves the connection to us, who have an answer.
 */
export function holdConnection(
  request: IncomingMessage,
  response: ServerResponse,
  breakOff: (cause: unknown) => void,
): HeldConnection {
  let isHeld = true
  let isBroken = false
  let isGone = response.destroyed
  let hasClosed = isGone
  const emit = response.emit.bind(response)
  const destroy = (cause?: unknown): void => {
    if (isBroken) return
    isBroken = true
    breakOff(cause ?? new Error('the handler closed the connection'))
    // Whoever pipes into the response waits for this before it reports the failure. A response
    // that has been released says so itself, once it is true.
    process.nextTick(() => isHeld && emit('close'))
  }
  const restores = [
    replace(response, 'destroyed', { get: () => isBroken, set: (gone) => (isGone = gone) }),
    replace(response, 'closed', { get: () => isBroken }),
    replace(response, 'emit', {
      value: (...given: Parameters<typeof emit>) => {
        if (given[0] !== 'close') return emit(...given)
        hasClosed = true
        return false
      },
    }),
  ]
  replace(response, 'destroy', {
    value: (cause?: unknown) => {
      destroy(cause)
      return response
    },
  })
  const { socket } = request
  if (socket) replace(request, 'socket', { value: guardSocket(socket, destroy) })
  return {
    release() {
      if (!isHeld) return
      isHeld = false
      for (const restore of restores) restore()
      if (isGone) response.destroyed = true
      if (hasClosed) emit('close')
    },
  }
}

/** A socket that its holder cannot close: frameworks do, to break off an answer that has begun. */
function guardSocket(
  socket: IncomingMessage['socket'],
  destroy: (cause?: unknown) => void,
): IncomingMessage['socket'] {
  const guarded = new Proxy(socket, {
    get(target, name) {
      if (name === 'destroy')
        return (cause?: unknown) => {
          destroy(cause)
          return guarded
        }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  })
  return guarded
}

/** Puts a property before an object's own or inherited one. Answers how it is taken away again. */
export function replace(object: object, name: string, by: PropertyDescriptor): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name)
  const writable = 'value' in by ? { writable: true } : {}
  Object.defineProperty(object, name, { configurable: true, enumerable: true, ...writable, ...by })
  return () => {
    Reflect.deleteProperty(object, name)
    if (own) Object.defineProperty(object, name, own)
  }
}
