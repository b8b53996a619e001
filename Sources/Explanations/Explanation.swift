import Support
import Tensors

/// A way to say which parts of a layer's maps a class score rests on.
///
/// One more explanation is one more file beside this one and a line in `explanations`.
public protocol Explanation: Configurable, Citable {
  /// As experiment files write it: "grad-cam".
  static var key: String { get }
  /// As reports call it: "Grad-CAM".
  static var title: String { get }
  /// One line with the source, for documentation.
  static var help: String { get }
  /// What a raw map's values are, for the scale of pictures that show them: "in units of the logit".
  static var unit: String { get }

  /// What the methods section says of how a raw map is made: a clause in Markdown's emphasis, after the title
  /// and a colon.
  var methods: String { get }

  /// What the keys of raw maps are made of: the explanation's name and options.
  var ingredients: [(name: String, value: String)] { get }

  /// - Parameters:
  ///   - activations: A, (K, h, w).
  ///   - gradients: d logit / d A, (K, h, w).
  ///   - folding: where batch normalisation was folded into the layer: what lies in `activations` and `gradients` in
  ///     place of A and G.
  /// - Returns: (h, w), non-negative.
  /// - Throws: `Problem` when the shapes differ or a value is NaN or infinite.
  func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, folding: ChannelFolding?
  ) throws(Problem) -> RawMap
}

/// One that asks nothing of a layer's gradients but their mean over each map: engines then need not make them all.
public protocol MeanGradientExplanation: Explanation {
  /// - Parameters:
  ///   - activations: A, (K, h, w).
  ///   - gradientMeans: (K), of d logit / d A over each map.
  ///   - folding: see the other.
  /// - Returns: (h, w), non-negative.
  /// - Throws: as the other.
  func rawMap(
    activations: FeatureMaps, gradientMeans: [Double], folding: ChannelFolding?
  ) throws(Problem) -> RawMap
}

extension MeanGradientExplanation {
  public func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, folding: ChannelFolding?
  ) throws(Problem) -> RawMap {
    try ChannelSums.check(activations, gradients, folding)
    return try rawMap(activations: activations, gradientMeans: ChannelSums.means(of: gradients), folding: folding)
  }
}

extension Explanation {
  public var ingredients: [(name: String, value: String)] { [("explain", Self.key)] + optionIngredients }

  /// The same of tensors of rank 3.
  /// - Throws: as the other, and for maps without any element.
  public func rawMap(
    activations: Tensor, gradients: Tensor, folding: ChannelFolding? = nil
  ) throws(Problem) -> RawMap {
    guard activations.shape.rank == 3, gradients.shape == activations.shape else {
      throw .failure("activations of shape \(activations.shape) were given gradients of shape \(gradients.shape)")
    }
    let map = try activations.withFeatureMaps { (activations) throws(Problem) in
      try gradients.withFeatureMaps { (gradients) throws(Problem) in
        try rawMap(activations: activations, gradients: gradients, folding: folding)
      }
    }
    guard let map = map.flatMap({ $0 }) else { throw .failure("maps without any element were to be explained") }
    return map
  }
}

/// The explanations that experiment files can name.
public let explanations = Registry<any Explanation.Type>(
  "explanation", [GradCAM.self, HiResCAM.self, XGradCAM.self, GradCAMPlusPlus.self, LayerCAM.self]
) { $0.key }

/// The one that is meant where a file names none.
public let standardExplanation: any Explanation.Type = GradCAM.self
