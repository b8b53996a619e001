import Explanations
import Graphs
import Measures
import Support

/// Makes the maps of some classes at every explained layer by every explanation, out of one backward pass for each class.
package struct LayerExplainer {
  /// Where a map is of one image.
  package struct Place: Hashable {
    /// Class index.
    package var explained: Int
    /// Into the experiment's explanations.
    package var explanation: Int
    package var layer: String

    package init(explained: Int, explanation: Int, layer: String) {
      self.explained = explained
      self.explanation = explanation
      self.layer = layer
    }
  }

  package typealias Maps = [Place: RawMap]

  package let methods: [any Explanation]
  /// Of the methods, where all of them ask for means of gradients only; empty otherwise.
  private let meanMethods: [any MeanGradientExplanation]
  /// What the prepared network explains, input side first.
  package let layers: [ResolvedLayer]
  package let classCount: Int
  /// Height and width of the heatmaps.
  package let size: Int

  package init(methods: [any Explanation], layers: [ResolvedLayer], classCount: Int, size: Int) {
    self.methods = methods
    let meanMethods = methods.compactMap { $0 as? any MeanGradientExplanation }
    self.meanMethods = meanMethods.count == methods.count ? meanMethods : []
    self.layers = layers
    self.classCount = classCount
    self.size = size
  }

  /// What the methods ask of the gradients of layers.
  var gradients: LayerGradients { meanMethods.isEmpty ? .everywhere : .means }

  /// - Parameter classes: of each image whose logits were computed last; a class that is named twice is explained once.
  /// - Returns: for each image.
  /// - Throws: `Problem` that names the layer.
  func maps(of classes: [[Int]], in session: any NetworkSession) throws(Problem) -> [Maps] {
    var wanted: [(image: Int, explained: Int)] = []
    for (image, classes) in classes.enumerated() {
      for explained in Set(classes).sorted() { wanted.append((image, explained)) }
    }
    let scores = wanted.map { image, explained in
      var seed = [Float](repeating: 0, count: classCount)
      seed[explained] = 1
      return Score(image: image, logitGradient: seed)
    }
    var found = [Maps](repeating: [:], count: classes.count)
    func keep(_ score: Int, _ explanation: Int, _ layer: Int, _ map: () throws(Problem) -> RawMap) throws(Problem) {
      let (image, explained) = wanted[score]
      let layer = layers[layer].name
      do throws(Problem) {
        found[image][Place(explained: explained, explanation: explanation, layer: layer)] = try map()
      } catch {
        var problem = error
        problem.message = "layer \(layer): \(problem.message)"
        throw problem
      }
    }
    try session.explainLayers(scores) { (score, evidence) throws(Problem) in
      for (index, method) in methods.enumerated() {
        try keep(score, index, evidence.layer) { () throws(Problem) in
          try method.rawMap(
            activations: evidence.activations, gradients: evidence.gradients, folding: evidence.folding)
        }
      }
    } visitMeans: { (score, evidence) throws(Problem) in
      for (index, method) in meanMethods.enumerated() {
        try keep(score, index, evidence.layer) { () throws(Problem) in
          try method.rawMap(
            activations: evidence.activations, gradientMeans: evidence.gradientMeans, folding: evidence.folding)
        }
      }
    }
    return found
  }

  /// One image's maps with their heatmaps; of many images at once they would fill the memory.
  package func shown(_ maps: Maps) -> [Place: ExplainedMap] {
    maps.mapValues { ExplainedMap(raw: $0, heatmap: heatmap(of: $0, size: size)) }
  }
}

/// Holds attacked maps to the clean ones, by every measure.
package struct PairMeasurer {
  private let measures: [any Measure]
  private let references: [LayerExplainer.Place: [any MeasureReference]]

  /// - Parameter classes: those whose clean maps others are held to.
  /// - Throws: `Problem` when a map does not suit a measure.
  package init(
    _ measures: [any Measure], clean: LayerExplainer.Maps, of classes: Set<Int>, explainer: LayerExplainer
  ) throws(Problem) {
    self.measures = measures
    var references: [LayerExplainer.Place: [any MeasureReference]] = [:]
    for (place, map) in explainer.shown(clean) where classes.contains(place.explained) {
      var own: [any MeasureReference] = []
      for measure in measures { own.append(try measure.reference(map)) }
      references[place] = own
    }
    self.references = references
  }

  /// - Returns: of each measure a number for each of its columns; NaN where a measure has no value for such a pair.
  /// - Throws: `Problem` for a number that is not finite and no gap that the measure may have.
  package func compare(
    _ map: ExplainedMap, with clean: LayerExplainer.Place, at epsilon: Double
  ) throws(Problem) -> [[Double]] {
    guard let references = references[clean] else {
      throw .failure("class \(clean.explained) was not explained at \(clean.layer) on the clean image")
    }
    var values: [[Double]] = []
    for (measure, reference) in zip(measures, references) {
      let found = try reference.compare(with: map)
      let mayHaveNone = type(of: measure).hasGaps
      guard found.allSatisfy({ $0.isFinite || mayHaveNone && $0.isNaN }) else {
        throw .numbers(
          "at layer \(clean.layer) and epsilon \(epsilon) \(type(of: measure).title) is \(found.last ?? .nan)",
          remedy: "Check the weights: activations or gradients overflow.")
      }
      values.append(found)
    }
    return values
  }
}
