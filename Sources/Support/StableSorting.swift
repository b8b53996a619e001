extension Array {
  /// By a place; what shares one keeps its order.
  package func stablySorted(by place: (Element) -> Int) -> [Element] {
    enumerated().map { (place($0.element), $0.offset, $0.element) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }
}
