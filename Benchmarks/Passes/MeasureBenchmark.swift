import Explanations
import Measures
import Support

/// What the measures take of one thread, beside a pass: `pass-benchmark measures 224` prints, for each of them, milliseconds
/// for what is kept of a clean map and for one pair.
enum MeasureBenchmark {
  static func run(size: Int, seconds: () -> Double) throws(Problem) {
    var generator = SplitMix64(seed: 1)
    // As large as ResNet50's at 224, with as many zeros as a ReLU leaves.
    let side = max(2, size / 32)
    let maps = (0..<7).map { _ in
      let values = (0..<side * side).map { _ in max(0, 2 * Float(generator.next() >> 40) / 16_777_216 - 1) }
      let raw = RawMap(height: side, width: side, values: values)
      return ExplainedMap(raw: raw, heatmap: heatmap(of: raw, size: size))
    }
    var total = 0.0
    for measure in measures.all.map({ $0.init() }) {
      var (references, pairs): ([Double], [Double]) = ([], [])
      for _ in 0..<20 {
        let start = seconds()
        let reference = try measure.reference(maps[0])
        let kept = seconds()
        for map in maps.dropFirst() { _ = try reference.compare(with: map) }
        references.append(kept - start)
        pairs.append((seconds() - kept) / 6)
      }
      let (reference, pair) = (1e3 * references.sorted()[10], 1e3 * pairs.sorted()[10])
      total += reference + 6 * pair
      print("\(type(of: measure).key): \(reference) ms clean, \(pair) ms a pair")
    }
    print("all, for a clean map and six pairs: \(total) ms")
  }
}
