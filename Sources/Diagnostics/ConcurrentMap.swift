import Dispatch
import Synchronization

/// `elements.map(transform)` on all processors, in the order of the elements.
/// - Throws: the error of the first element, in order, whose transform threw.
public func concurrentMap<Element: Sendable, Output: Sendable, Failure: Error>(
  _ elements: [Element], _ transform: @Sendable (Element) throws(Failure) -> Output
) throws(Failure) -> [Output] {
  let results = Mutex([Result<Output, Failure>?](repeating: nil, count: elements.count))
  DispatchQueue.concurrentPerform(iterations: elements.count) { index in
    let result = Result { () throws(Failure) in try transform(elements[index]) }
    results.withLock { $0[index] = result }
  }
  var outputs: [Output] = []
  for case let result? in results.withLock({ $0 }) { outputs.append(try result.get()) }
  return outputs
}
