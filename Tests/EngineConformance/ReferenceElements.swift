import Graphs
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The definitions of what is computed of elements, in double precision; see `ReferenceNetwork`.
enum ReferenceElements {
  static func value(_ activation: Activation, _ x: Double) -> Double {
    func clipped(_ x: Double, _ lowest: Double, _ highest: Double) -> Double { min(max(x, lowest), highest) }
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    switch activation {
    case .leakyReLU(let slope): return x > 0 ? x : Double(slope) * x
    case .clip(let lowest, let highest): return clipped(x, Double(lowest), Double(highest))
    case .sigmoid: return sigmoid(x)
    case .hardSigmoid(let slope, let offset): return clipped(Double(slope) * x + Double(offset), 0, 1)
    case .hardSwish: return x * clipped(x / 6 + 0.5, 0, 1)
    case .silu: return x * sigmoid(x)
    case .mish: return x * tanh(log(1 + exp(x)))
    case .gelu: return x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
    case .tanhGELU: return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .tanh: return tanh(x)
    case .elu(let scale): return x > 0 ? x : Double(scale) * (exp(x) - 1)
    case .selu(let scale, let gain): return Double(gain) * (x > 0 ? x : Double(scale) * (exp(x) - 1))
    case .celu(let scale): return x > 0 ? x : Double(scale) * (exp(x / Double(scale)) - 1)
    case .softplus: return log(1 + exp(x))
    case .softsign: return x / (1 + abs(x))
    case .exponential: return exp(x)
    case .logarithm: return log(x)
    case .squareRoot: return x.squareRoot()
    case .power(let exponent): return pow(x, Double(exponent))
    case .absolute: return abs(x)
    case .reciprocal: return 1 / x
    case .errorFunction: return erf(x)
    }
  }

  static func value(_ arithmetic: Arithmetic, _ a: Double, _ b: Double) -> Double {
    switch arithmetic {
    case .sum: a + b
    case .difference: a - b
    case .product: a * b
    case .quotient: a / b
    case .maximum: max(a, b)
    case .minimum: min(a, b)
    }
  }

  /// What stands for all along axes of extent 1, at every place of a shape.
  static func broadcast(_ values: [Double], _ shape: Shape, to whole: Shape) -> [Double] {
    guard shape != whole else { return values }
    return places(whole).map { place in
      values[index(zip(place, shape.dimensions).map { $1 == 1 ? 0 : $0 }, in: shape)]
    }
  }

  static func reduced(_ reduction: Reduction, _ values: [Double], _ shape: Shape) -> [Double] {
    groups(values, shape, reduction.axes).map { group in
      switch reduction.kind {
      case .mean: group.values.reduce(0, +) / Double(group.values.count)
      case .sum: group.values.reduce(0, +)
      case .maximum: group.values.max() ?? 0
      case .minimum: group.values.min() ?? 0
      case .euclideanNorm: group.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
    }
  }

  static func standardised(_ standardisation: Standardisation, _ values: [Double], _ shape: Shape) -> [Double] {
    var result = values
    for group in groups(values, shape, standardisation.axes) {
      let count = Double(group.values.count)
      let mean = group.values.reduce(0, +) / count
      let variance = group.values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      for place in group.places {
        result[place] = (values[place] - mean) / (variance + standardisation.epsilon).squareRoot()
      }
    }
    return result
  }

  static func softmax(axis: Int, _ values: [Double], _ shape: Shape) -> [Double] {
    var result = values
    for group in groups(values, shape, [axis]) {
      let sum = group.values.reduce(0) { $0 + exp($1) }
      for place in group.places { result[place] = exp(values[place]) / sum }
    }
    return result
  }

  static func localResponse(_ response: LocalResponse, _ values: [Double], _ shape: Shape) -> [Double] {
    let area = shape[1] * shape[2]
    return values.indices.map { place in
      let channel = place / area
      let first = channel - (response.size - 1) / 2
      var sum = 0.0
      for other in first..<first + response.size where (0..<shape[0]).contains(other) {
        let x = values[other * area + place % area]
        sum += x * x
      }
      let base = Double(response.bias) + Double(response.scale) / Double(response.size) * sum
      return values[place] / pow(base, Double(response.exponent))
    }
  }

  static func rearranged(_ rearrangement: Rearrangement, _ values: [Double]) -> [Double] {
    let (view, order) = (rearrangement.view, rearrangement.order)
    return places(Shape(order.map { view[$0] })).map { place in
      var source = place
      for (axis, from) in order.enumerated() { source[from] = place[axis] }
      return values[index(source, in: view)]
    }
  }

  /// All axes at once: every product of weights along each of them.
  static func resampled(_ resampling: Resampling, _ values: [Double], _ shape: Shape, to output: Shape) -> [Double] {
    places(output).map { place in
      var terms: [(place: [Int], weight: Double)] = [([], 1)]
      for (axis, at) in place.enumerated() {
        guard let sampling = resampling.axes[axis] else {
          terms = terms.map { ($0.place + [at], $0.weight) }
          continue
        }
        terms = terms.flatMap { term in
          (sampling.starts[at]..<sampling.starts[at + 1]).map {
            (term.place + [sampling.sources[$0]], term.weight * Double(sampling.weights[$0]))
          }
        }
      }
      return terms.reduce(0) { $0 + $1.weight * values[index($1.place, in: shape)] }
    }
  }

  static func joined(_ parts: [(values: [Double], shape: Shape)], axis: Int, to output: Shape) -> [Double] {
    places(output).map { place in
      var place = place
      var part = 0
      while place[axis] >= parts[part].shape[axis] {
        place[axis] -= parts[part].shape[axis]
        part += 1
      }
      return parts[part].values[index(place, in: parts[part].shape)]
    }
  }

  static func product(
    _ a: (values: [Double], shape: Shape), _ b: (values: [Double], shape: Shape), to output: Shape
  ) -> [Double] {
    let depth = a.shape[a.shape.rank - 1]
    return places(output).map { place in
      let leading = Array(place.dropLast(2))
      let (row, column) = (place[place.count - 2], place[place.count - 1])
      return (0..<depth).reduce(0) {
        $0 + a.values[index(leading + [row, $1], in: a.shape)] * b.values[index(leading + [$1, column], in: b.shape)]
      }
    }
  }

  // MARK: - Places

  private static func groups(
    _ values: [Double], _ shape: Shape, _ axes: [Int]
  ) -> [(places: [Int], values: [Double])] {
    let kept = Shape(shape.dimensions.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
    var groups = [[Int]](repeating: [], count: kept.count)
    for (number, place) in places(shape).enumerated() {
      groups[index(place.enumerated().map { axes.contains($0.offset) ? 0 : $0.element }, in: kept)].append(number)
    }
    return groups.map { places in (places, places.map { values[$0] }) }
  }

  /// Every place in a shape, row-major.
  private static func places(_ shape: Shape) -> [[Int]] {
    (0..<shape.count).map { number in
      var rest = number
      var place = [Int](repeating: 0, count: shape.rank)
      for axis in (0..<shape.rank).reversed() {
        place[axis] = rest % shape[axis]
        rest /= shape[axis]
      }
      return place
    }
  }

  private static func index(_ place: [Int], in shape: Shape) -> Int {
    zip(place, shape.dimensions).reduce(0) { $0 * $1.1 + $1.0 }
  }
}
