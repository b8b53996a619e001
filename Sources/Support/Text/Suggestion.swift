/// The number of single-character insertions, deletions, substitutions and swaps of neighbours that turn one
/// word into the other (optimal string alignment distance).
public func editDistance(_ first: String, _ second: String) -> Int {
  let a = Array(first.lowercased())
  let b = Array(second.lowercased())
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var beforePrevious = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  for i in 1...a.count {
    var current = [i] + [Int](repeating: 0, count: b.count)
    for j in 1...b.count {
      let substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      current[j] = min(previous[j] + 1, current[j - 1] + 1, substitution)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        current[j] = min(current[j], beforePrevious[j - 2] + 1)
      }
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.count]
}

/// The candidate that a misspelled word most likely meant, or nil when none is near.
public func closestMatch(to word: String, in candidates: some Sequence<String>) -> String? {
  let ranked = candidates.map { (candidate: $0, distance: editDistance(word, $0)) }
    .sorted { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }
  guard let best = ranked.first, best.distance <= max(1, min(word.count, best.candidate.count) / 3 + 1) else {
    return ranked.first { $0.candidate.hasPrefix(word) && word.count >= 3 }?.candidate
  }
  return best.candidate
}

/// "Did you mean `x`?" when a candidate is near, otherwise the list of what is allowed, of many the first.
public func suggestion(for word: String, among candidates: [String]) -> String {
  if let match = closestMatch(to: word, in: candidates) { return "Did you mean `\(match)`?" }
  guard !candidates.isEmpty else { return "There are none." }
  let most = 60
  return "Known are: " + candidates.prefix(most).map { "`\($0)`" }.joined(separator: ", ")
    + (candidates.count > most ? " and \(candidates.count - most) more." : ".")
}
