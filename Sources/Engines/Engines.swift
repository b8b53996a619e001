import EngineOneDNN
import EngineOpenBLAS
import Graphs
import Support
import Tensors

/// The engines there are, by the names that `--engine` takes; the first is the one that is used where nobody says another.
public let engines = Registry<EngineKind>("engine", [.onednn, .openblas]) { $0.name }

extension EngineKind: CaseIterable, RawRepresentable, Hashable {
  /// As they are registered.
  public static var allCases: [EngineKind] { engines.all }

  /// See `name`.
  public var rawValue: String { name }

  public init?(rawValue: String) {
    guard let kind = engines[rawValue] else { return nil }
    self = kind
  }

  public static func == (a: EngineKind, b: EngineKind) -> Bool { a.name == b.name }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension NumberCheck {
  /// By OpenBLAS, whose sums and maxima let NaN pass.
  /// - Throws: `Problem` that names the tensor, for weights that are not finite, and where OpenBLAS is not installed.
  public convenience init(_ network: Network) throws(Problem) {
    try self.init(network, factory: OpenBLASEngine().factory)
  }

  /// What went wrong on an image, as well as it can be said: where numbers did (`numbers`), the layer in which they
  /// first did says more than the place where it was noticed. Every other problem (no memory, a picture that cannot be
  /// written) is the cause itself.
  /// - Parameter image: (channels, height, width) in [0, 1], before normalisation.
  public static func cause(of problem: Problem, in network: Network, on image: Tensor) -> Problem {
    guard problem.kind == .numbers else { return problem }
    do throws(Problem) {
      try NumberCheck(network).check(image)
    } catch {
      // Where the check itself cannot be made, what was noticed is all that is known.
      if error.kind == .numbers { return error }
    }
    return problem
  }
}
