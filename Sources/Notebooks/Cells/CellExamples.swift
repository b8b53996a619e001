/// A cell as a template would have it, for the documentation and its pictures.
public struct CellExample: Sendable, Hashable {
  /// Of the picture's file, without its ending.
  public let name: String
  /// What it shows that the others do not.
  public let words: String
  /// The options, a line each.
  public let yaml: String
  /// Photographs and heatmaps, which JPEG keeps small; otherwise lines and letters.
  public let showsPhotographs: Bool

  init(_ name: String, _ words: String, _ yaml: String = "", showsPhotographs: Bool = false) {
    self.name = name
    self.words = words
    self.yaml = yaml
    self.showsPhotographs = showsPhotographs
  }

  /// `pictures/scatter.png`
  public var picture: String { "pictures/\(name).\(showsPhotographs ? "jpg" : "png")" }

  /// The cell's fence.
  public func source(of cell: CellDefinition) -> String {
    "```{\(cell.name)}\n" + (yaml.isEmpty ? "" : yaml + "\n") + "```\n"
  }
}

extension CellDefinition {
  /// The first shows the cell as it is, further ones what single options change.
  public var examples: [CellExample] {
    func photographs(_ name: String, _ words: String, _ yaml: String) -> CellExample {
      CellExample(name, words, yaml, showsPhotographs: true)
    }
    switch name {
    case "heatmap-grid":
      return [
        photographs("heatmap-grid", "Images of one model:", "models: [vgg16]\nsamples: 2"),
        photographs(
          "heatmap-grid-layers", "The layers of a model on one image:",
          "models: [vgg16]\nrows: layers\nmost-layers: 4"),
        photographs("heatmap-grid-models", "All models on one image:", "rows: models"),
        photographs(
          "heatmap-grid-raw", "One scale of raw values, so that magnitude can be seen:",
          "models: [vgg16]\nsamples: 2\nscale: raw"),
        photographs(
          "heatmap-grid-jet", "The colours of older papers, weaker over the photograph:",
          "models: [vgg16]\nsamples: 1\ncolour-map: jet\noverlay: 0.4"),
        photographs(
          "heatmap-grid-levels", "Two attack levels of one image, chosen by its path:",
          "models: [resnet50]\nimage: s1/3.pgm\nepsilons: [0.02, 0.1]"),
      ]
    case "samples-extreme":
      return [
        photographs(name, "The ends of the drift:", "models: [xception]\nsamples: 1"),
        photographs(
          "samples-extreme-raw", "The heatmaps alone, on one scale of raw values, in another colour map:",
          "models: [vgg16]\nsamples: 1\nscale: raw\noverlay: 1\ncolour-map: viridis"),
      ]
    case "sample-card":
      return [
        photographs("sample-card", "The image that drifts most:", "models: [resnet50]"),
        photographs(
          "sample-card-median", "The image in the middle, its perturbation 30 times greater:",
          "models: [inception_v3]\nsample: median\namplify: 30"),
        photographs(
          "sample-card-image", "An image chosen by its path, at two attack levels, in other colours:",
          "models: [vgg16]\nimage: s1/3.pgm\nepsilons: [0.01, 0.05]\noverlay: 0.8\ncolour-map: magma"),
      ]
    case "dissimilarity-histogram":
      return [
        CellExample(name, "All models on shared axes:", "layers: last"),
        CellExample(
          "dissimilarity-histogram-one", "One model, two levels:", "models: [resnet50]\nepsilons: [0.01, 0.1]"),
      ]
    case "mod-curve":
      return [
        CellExample(name, "MOD beside accuracy:"),
        CellExample("mod-curve-linear", "MOD alone, on a linear axis:", "axis: linear\naccuracy: false"),
        CellExample(
          "mod-curve-even", "Two models, levels evenly spaced, a caption of its own, a label to refer to:",
          "label: fig-two\ncaption: Two of {{ models.count }} models, over {{ images.count }} images.\n"
            + "models: [vgg16, xception]\naxis: even"),
      ]
    case "layer-profile":
      return [
        CellExample(name, "A model of which all layers were explained:", "models: [vgg16]"),
        CellExample("layer-profile-one", "One attack level:", "models: [vgg16]\nepsilons: [0.05]"),
      ]
    case "scatter":
      return [
        CellExample(name, "All models:"),
        CellExample("scatter-one", "One model:", "models: [lowest-mod]"),
      ]
    case "mod-table":
      return [
        CellExample(name, "A line per model:", "layers: last"),
        CellExample(
          "mod-table-marked", "Ordered, the best values marked, without intervals:",
          "layers: last\nranked: true\nintervals: false"),
        CellExample(
          "mod-table-pooled", "One level, one explained class, VID pooled over images:",
          "layers: last\ntargets: [predicted]\nepsilons: [0.1]\nvid: vid-pooled"),
      ]
    case "accuracy-table":
      return [
        CellExample(name, "As it is:"),
        CellExample("accuracy-table-plain", "Without intervals:", "intervals: false"),
      ]
    case "vid-table":
      return [
        CellExample(name, "The three readings of VID:", "layers: last"),
        CellExample("vid-table-plain", "Without intervals:", "layers: last\nintervals: false"),
      ]
    case "level-table":
      return [
        CellExample(name, "One model:", "models: [vgg16]"),
        CellExample(
          "level-table-each", "A table for each of two models, without intervals:",
          "models: [resnet50, xception]\nfor-each: model\nintervals: false"),
      ]
    case "difference-table":
      return [
        CellExample(name, "As it is:"),
        CellExample(
          "difference-table-some", "Three models at one level:",
          "models: [vgg16, resnet50, xception]\nepsilons: [0.1]"),
      ]
    case "methods": return [CellExample(name, "Paragraphs and tables:")]
    case "provenance":
      return [
        CellExample(name, "One section of it:", "sections: [software]"),
        CellExample("provenance-rows", "Its first lines:", "sections: [software]\nrows: 3"),
      ]
    case "validity": return [CellExample(name, "A line per series:", "layers: last")]
    default: return [CellExample(name, "As it is:")]
    }
  }
}
