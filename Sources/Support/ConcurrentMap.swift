import Dispatch
import Synchronization

/// `elements.map(transform)` on `Threads.count` threads, in the order of the elements.
/// - Throws: the error of the first element, in order, whose transform threw.
public func concurrentMap<Element: Sendable, Output: Sendable, Failure: Error>(
  _ elements: [Element], _ transform: @Sendable (Element) throws(Failure) -> Output
) throws(Failure) -> [Output] {
  let results = Mutex([Result<Output, Failure>?](repeating: nil, count: elements.count))
  let next = Atomic<Int>(0)
  // libdispatch alone would take a thread for each of the machine's processors, whatever share of them is ours.
  DispatchQueue.concurrentPerform(iterations: min(elements.count, Threads.count)) { _ in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < elements.count else { return }
      let result = Result { () throws(Failure) in try transform(elements[index]) }
      results.withLock { $0[index] = result }
    }
  }
  var outputs: [Output] = []
  for case let result? in results.withLock({ $0 }) { outputs.append(try result.get()) }
  return outputs
}

/// Does two things side by side, each of which may use all processors itself: `concurrentMap` within `concurrentMap` would
/// be left one. With a single thread one is done after the other.
/// - Throws: the error of the first, or where it threw none that of the second.
public func concurrently<First, Second: Sendable, Failure: Error>(
  _ first: () throws(Failure) -> First, _ second: @Sendable () throws(Failure) -> Second
) throws(Failure) -> (First, Second) {
  guard Threads.count > 1 else {
    let value = try first()
    return (value, try second())
  }
  let (result, other) = withoutActuallyEscaping(second) { second in
    let other = Mutex<Result<Second, Failure>?>(nil)
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      let result = Result { () throws(Failure) in try second() }
      other.withLock { $0 = result }
    }
    let result = Result { () throws(Failure) in try first() }
    group.wait()
    return (result, other.withLock { $0 })
  }
  let value = try result.get()
  guard let other else { preconditionFailure("the group was left before its work was done") }
  return (value, try other.get())
}
