import Graphs
import Support
import Weights

/// How well a set of weights fits an architecture at the width and with the number of classes that it seems to have.
public struct ArchitectureFit: Sendable {
  /// What the weights were compared with.
  public let architecture: Architecture
  /// By which channel counts are multiplied, as the shape of a late layer tells it; 1 where it tells nothing.
  public let width: Double
  /// As many as the classifier's tensors have rows; 1000 where they are not there.
  public let classes: Int
  /// Whose names the weights use.
  public let names: TensorNames
  /// Without the tensors of `refusals`.
  public let comparison: WeightsComparison
  /// Of tensors that are there under the right names and cannot be read: quantised, whole numbers.
  public let refusals: [Problem]

  /// Whether a network can be made of the weights: none is missing, left over, of another shape or refused.
  public var fits: Bool { comparison.fits && refusals.isEmpty }

  /// Which share of all tensors, those of the graph and those left over, have the same name and shape: 1 where the weights
  /// fit.
  public var agreement: Double {
    let all = comparison.expectedCount + comparison.leftOver.count
    let same = comparison.expectedCount - comparison.missing.count - comparison.misshapen.count
    return all == 0 ? 0 : Double(same) / Double(all)
  }

  /// Every architecture, the nearest first.
  public static func all(for weights: any NamedTensors) -> [ArchitectureFit] {
    sorted(Architecture.allCases.map { best($0, OwnTensors(weights, for: $0)) })
  }

  /// Every architecture in the place of the file where its tensors are, the nearest first.
  /// - Parameter state: the name of the place, see `Architecture.place`.
  /// - Throws: `Problem.usage` where `state` has to be said, or is not there.
  public static func all(in file: WeightsFile, state: String? = nil) throws(Problem) -> [(
    ArchitectureFit, PlacedWeights
  )] {
    var found: [(ArchitectureFit, PlacedWeights)] = []
    var problem: Problem?
    for architecture in Architecture.allCases {
      do throws(Problem) {
        let placed = try architecture.place(in: file, state: state)
        found.append((best(architecture, OwnTensors(placed.weights, for: architecture)), placed))
      } catch {
        problem = problem ?? error
      }
    }
    // An undecided place holds all tensors of its architecture.
    if let problem, !found.contains(where: { $0.0.fits }) { throw problem }
    return found.enumerated().sorted {
      ($1.element.0.agreement, $0.offset) < ($0.element.0.agreement, $1.offset)
    }.map(\.element)
  }

  private static func sorted(_ fits: [ArchitectureFit]) -> [ArchitectureFit] {
    fits.enumerated().sorted { ($1.element.agreement, $0.offset) < ($0.element.agreement, $1.offset) }.map(\.element)
  }

  /// Rounded channel counts leave several widths possible: of those that fit best, the one with the fewest digits.
  static func best(_ architecture: Architecture, _ tensors: OwnTensors) -> ArchitectureFit {
    let probe = architecture.widthProbes
    var widths = [1.0]
    let shape = probe.names.lazy.compactMap { tensors.shape(of: $0) }.first
    if let rows = shape?.dimensions.first, rows > 0, rows != probe.rows, rows <= 4 * probe.rows {
      let ratio = Double(rows) / Double(probe.rows)
      widths =
        [10.0, 100, 1000, 10_000].map { (ratio * $0).rounded() / $0 }
        .filter { $0 > 0 && Int((Double(probe.rows) * $0).rounded()) == rows } + [ratio]
    }
    var best: ArchitectureFit?
    for width in widths {
      let fit = architecture.fit(tensors, width: width)
      if fit.fits { return fit }
      if best.map({ fit.agreement > $0.agreement }) ?? true { best = fit }
    }
    return best ?? architecture.fit(tensors, width: 1)
  }
}

extension ArchitectureFit {
  init(
    _ architecture: Architecture, width: Double, classes: Int, names: TensorNames, comparison: WeightsComparison,
    refusals: [Problem] = []
  ) {
    self.refusals = refusals
    self.architecture = architecture
    self.width = width
    self.classes = classes
    self.names = names
    self.comparison = comparison
  }
}
