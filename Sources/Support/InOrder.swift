/// Makes things of what is read one after the other, on all threads while the next is read, and hands them on in order.
/// - Parameters:
///   - read: the next of the input; nil at its end. Called on the caller's thread.
///   - make: called on any thread.
///   - consume: called on the caller's thread.
/// - Throws: the first error of any of them.
public func inOrder<Input: Sendable, Output: Sendable, Failure: Error>(
  read: () throws(Failure) -> Input?, make: @Sendable (Input) throws(Failure) -> Output,
  consume: (Output) throws(Failure) -> Void
) throws(Failure) {
  func several() throws(Failure) -> [Input] {
    var found: [Input] = []
    while found.count < 2 * Threads.count, let next = try read() { found.append(next) }
    return found
  }
  var waiting = try several()
  while !waiting.isEmpty {
    let current = waiting
    let (next, made) = try concurrently { () throws(Failure) in
      try several()
    } _: { () throws(Failure) in
      try concurrentMap(current, make)
    }
    for output in made { try consume(output) }
    waiting = next
  }
}

/// The same of things that are known before they are read.
/// - Parameters:
///   - parts: in the order in which they are read.
///   - read: what is made of, on the caller's thread.
///   - make: on any thread.
///   - consume: in the order of the parts, on the caller's thread.
public func inOrder<Part, Input: Sendable, Output: Sendable, Failure: Error>(
  _ parts: [Part], read: (Part) throws(Failure) -> Input, make: @Sendable (Input) throws(Failure) -> Output,
  consume: (Output) throws(Failure) -> Void
) throws(Failure) {
  var rest = parts[...]
  try inOrder(
    read: { () throws(Failure) -> Input? in
      guard let part = rest.popFirst() else { return nil }
      return try read(part)
    }, make: make, consume: consume)
}
