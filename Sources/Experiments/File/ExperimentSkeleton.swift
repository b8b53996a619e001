import Architectures
import Datasets

/// The text of an experiment file to start from: what has to be filled in, and every other key commented out with its
/// default.
public struct ExperimentSkeleton: Sendable {
  public let title: String
  public let source: DataOptions.Source
  /// At least one.
  public let architectures: [Architecture]

  public init(title: String, source: DataOptions.Source, architectures: [Architecture]) {
    self.title = title
    self.source = source
    self.architectures = architectures
  }

  public var text: String {
    """
    # An experiment of Heatdrift. Paths are relative to this file; ${NAME} takes an environment variable. An unknown key is
    # an error. What is commented out has the default that is written there, unless its comment says otherwise.

    title: \(title.quotedYAML)

    # Draws the split of the data and the samples behind the intervals: the same seed, the same report.
    seed: 7

    data:
      source: \(source.rawValue)
    \(data)
    # Of every model; a model's own `input` goes before.
    # input:
    #   fit: squash           # or crop: the shorter side to `resize` pixels, then the centre
    #   orientation: apply    # or ignore: photographs as stored, not turned as their EXIF says

    models:
    \(architectures.map(model).joined())
    attack:
      method: fgsm
      # In units of the pixel range [0, 1]: 0.02 is about 5 of 255 grey levels. 0 is always measured too, as the control.
      epsilons: [0.01, 0.02, 0.05, 0.1]
      # loss-label: label     # the attack leads away from the true label; or from what was `predicted`
      # quantise: none        # or 8bit: round attacked images to what a file can hold

    explain:
      method: grad-cam
      # targets: [predicted]  # each image's own prediction; or label, clean-prediction, or several of them

    compare:
      window: uniform         # of SSIM: 7 x 7; or gaussian

    report:
      template: paper         # or compare, model, review; or a path that ends in .md
      formats: [pdf, svg]
      # svg-text: paths       # or text: can be selected and found
      # authors: [A. One]     # printed under the title; none unless given
      # anonymous: false      # or true, as --anonymous: no authors, no names of files

    """
  }

  /// The keys that the source knows, from its own to the common ones.
  private var data: String {
    let own =
      switch source {
      case .folder:
        """
          root: faces             # one sub-folder per label; labels are numbered in sorted order
          # classes: names.txt    # all class names in order: folders are numbered by name; not needed
          # follow-links: false   # or true: also links that lead out of root

        """
      case .manifest:
        """
          path: images.csv        # path,label[,split][,name]
          # root: .               # what the paths in it start from; its own folder unless given
          # classes: names.txt    # what the report calls the classes; not needed
          # follow-links: false   # or true: also links that lead out of root

        """
      case .orl:
        """
          # root: orl             # the ORL faces; unless given they are fetched, once, into the user's cache

        """
      case .vggface2:
        """
          root: ${VGGFACE2}       # what holds train/, test/ and bb_landmark/
          # list: test_list.txt   # passes over images outside of it; all unless given
          # subset: \(VGGFace2Options().subset.rawValue)
          # align: \(VGGFace2Options().align.rawValue)      # or \(alignments)

        """
      }
    let split = source == .folder || source == .manifest ? "all" : "test"
    return own + """
        # split: \(split)             # or all, train, validation, test: 80/10/10 per label, seeded
        # split-seed: 7         # the experiment's seed unless given
        # limit: 100            # so many images only, spread over the labels; all unless given

      """
  }

  private var alignments: String {
    VGGFace2Options.Align.allCases.filter { $0 != VGGFace2Options().align }.map(\.rawValue).joined(separator: ", ")
  }

  private func model(_ architecture: Architecture) -> String {
    """
      - architecture: \(architecture.rawValue)
        weights: weights/\(architecture.rawValue).safetensors   # or .pth, .pt, .bin, .pkl: told by content
        # state: ema          # which of a checkpoint's networks; needed only where there are several
        layers: [last]        # or all, or names: `heatdrift layers \(architecture.rawValue)` lists them
        # width: 1            # multiplies every channel count
        # name: \(architecture.rawValue)       # as the report calls it

    """
  }
}

extension String {
  /// As a double-quoted scalar of YAML.
  fileprivate var quotedYAML: String {
    "\""
      + unicodeScalars.map { scalar in
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case _ where scalar.value < 0x20 || scalar.value == 0x7f:
          "\\u" + String(scalar.value + 0x10000, radix: 16).dropFirst()
        default: String(scalar)
        }
      }.joined() + "\""
  }
}
