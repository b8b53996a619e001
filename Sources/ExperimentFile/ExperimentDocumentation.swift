import Architectures
import Attacks
import Datasets
import Explanations
import Measures
import Results
import Support

/// `Documentation/ExperimentFile.md`, out of the declarations by which experiment files are read.
public enum ExperimentDocumentation {
  /// The whole page, in CommonMark with tables.
  public static var markdown: String {
    var text = """
      # The experiment file

      YAML, read strictly: an unknown or misspelled key is an error with file, line and "did you mean", a value out of range
      names the range. Paths are relative to the file, `~/` is the folder in `HOME`, `${NAME}` takes an environment variable
      (`$${` stands for the characters themselves). `--set KEY=VALUE` puts a value in place of the file's:
      `--set models[0].width=0.5`. `heatdrift init NAME` writes a file to start from.

      This page is made of the declarations by which files are read; a test holds it to them.

      ```yaml
      title: ORL faces under attack
      seed: 7
      data: {source: folder, root: ../faces}
      models:
        - {architecture: resnet50, weights: weights/resnet50.safetensors}
      attack: {epsilons: [2/255, 4/255, 8/255]}
      ```

      | key | | |
      |---|---|---|
      | `title` | text | required; printed at the top of the report |
      | `seed` | a whole number of at least 0 | 0 where it is left out; draws the split, the limited choice of images and the resamples behind intervals |
      | `resamples` | a whole number from 100 to 1000000 | \(Resampling.standard) where it is left out; how many resamples intervals, and flips of signs tests, are made of (from 10,000 images on none are) |
      | `data` | [mapping](#data) | required; which images |
      | `input` | [mapping](#input) | how an image becomes a network's input, for all models |
      | `models` | list of [mappings](#models) | required; which networks |
      | `attack` | [mapping](#attacks) | required; how images are attacked. `attacks`, a list of such mappings, in its place for several |
      | `control` | `all`, `none`, or a whole number of at least 1 | 100 where it is left out; on how many images the [control](#control) is run |
      | `explain` | [mapping](#explain) | how predictions are explained |
      | `compare` | [mapping](#compare) | what pairs of heatmaps are measured by |
      | `report` | [mapping](#report) | how the report is written |


      """
    text += "## data\n\n`source` says where the images come from; which other keys there are depends on it.\n\n"
    text += table(DataOptions.options.rows(standard: DataOptions(source: FolderSource(), splitSeed: 0)))
    for source in dataSources.all {
      text += "\n### source: \(source.key)\n\n\(source.help)\n\n" + table(source.optionRows)
    }

    text +=
      "\n## input\n\nAt the top of the file for every model; in a model for that one, before what stands at the top.\n\n"
    text += table(InputKeys.options.rows(standard: InputKeys()))

    let architectures = Architecture.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    text += """

      ## models

      A model is an architecture with weights, a network from an ONNX file, which has both in it, or maps that were computed
      elsewhere. `input` takes the keys of [input](#input). Models of all kinds stand side by side.

      ### architecture

      `architecture` is one of \(architectures).


      """
    text += table(
      ModelOptions.options.rows(standard: ModelOptions(architecture: .resnet50, variant: nil)))
    text += """

      Where `input` says nothing, an architecture is fed as its published weights were trained:

      | architecture | `size` | `mean` | `std` | `channels` | `range` | `resize` |
      |---|---|---|---|---|---|---|

      """
    for architecture in Architecture.allCases {
      for variant in architecture.variants {
        let input = ModelOptions(architecture: architecture, variant: variant).input
        let (mean, deviation) = (input.normalisation.mean, input.normalisation.standardDeviation)
        let name = "`\(architecture.rawValue)`" + (variant == .standard ? "" : ", `variant: \(variant.rawValue)`")
        text +=
          "| \(name) | \(input.size) | \(mean.map(numberText).joined(separator: ", ")) | "
          + "\(deviation.map(numberText).joined(separator: ", ")) | \(input.normalisation.channels.rawValue) | "
          + "\(numberText(input.normalisation.range)) | \(input.resize) |\n"
      }
    }
    text += """

      What counts is how *your* weights were trained. The mean and standard deviation of 0.5 of InceptionV3 and Xception are those
      of the published weights (torchvision's `transform_input`, timm's `inception_mean`): weights that you trained yourself with
      torchvision's usual transform take ImageNet's values, which must then be said:

      ```yaml
      models:
        - architecture: inception_v3
          weights: mine.pth
          input: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}
      ```

      Weights that see their input in another way than they were trained with answer wrongly on clean images: reports warn of an
      accuracy that guessing reaches, and `heatdrift new` tries the usual ways and takes that with the most right answers.

      """
    text += """

      ### network

      `network` names an ONNX file ([ONNX](ONNX.md)). Its `input`, or `input` at the top, must say `size`, `mean` and `std`, since
      such files do not say what the network was trained with; `channels` is rgb, `range` 1 and `resize` 256/224 of the size where
      they are left out. `mean` and `std` of one number each are for networks that take grey images: pictures then become grey
      (ITU-R BT.601, as Pillow's `convert("L")`), and what is attacked is the grey image.

      ```yaml
      models:
        - network: weights/mobilenet.onnx
          input: {size: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}
      ```

      What networks are usually fed with, for `heatdrift init --network FILE.onnx --preprocessing NAME`:

      | name | networks of | input |
      |---|---|---|

      """
    for preprocessing in Preprocessing.all.all {
      text += "| `\(preprocessing.key)` | \(preprocessing.title) | `\(preprocessing.example)` |\n"
    }
    text += "\n"
    text += table(ModelOptions.networkRows(name: "network"))
    text += """

      #### head

      For a network whose output is an embedding and no logits, as face recognisers' are: `head` makes logits of it, the cosines of
      the embedding with one prototype for each label, times `scale`. Normalisation and cosines are a part of the network, and
      gradients go through them.

      ```yaml
      models:
        - network: weights/arcface.onnx
          input: {size: 112, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5], range: 255}
          head: {prototypes: from-train}
      ```


      """
    text += table(HeadOptions.options.rows(standard: .standard))
    text += """

      ### maps

      `maps` names a file, or a folder of files, of what a network answered and of its class activation maps, computed wherever it
      runs ([Maps](Maps.md)). Nothing of it is run here, so that `weights`, `input` and the like do not go with it, and it cannot be
      the source of a transfer: what its images were made into says the file, whatever `input` stands at the top.

      ```yaml
      models:
        - {maps: maps/vit, name: ViT-B, layers: [last]}
      ```


      """
    text += table(ModelOptions.mapsRows(name: "vit"))

    text += """

      ## attacks

      `method` is one of \(list(attacks.keys)) (\(standardAttack.key) where it is left out). `epsilons` is required: the levels of the
      attack in units of the pixel range [0, 1], numbers or fractions (`8/255`), which are printed as they are written; one
      number written in two ways is an error. 0 is the [control](#control), and may be listed.


      """
    text += """
      `transfer-from: NAME` takes the gradient from another model of the experiment, by its name or its key: a black box is
      attacked with what its attacker has. That model sees the image as the attacked one does, resized to its own input and
      normalised in its own way, and the gradient goes back through the resize before its sign is taken; iterated attacks ask it
      at every step. With `loss-label: predicted` the attack leads away from what the attacked model predicts on the clean image,
      not from what the source does: the answer that is to change is the attacked model's. On the source itself it is the plain
      attack, so that a list of such attacks, one for each model, is a whole matrix. While a model is attacked its sources lie in
      memory beside it. `results.csv` calls it `METHOD<SOURCE`, with the source's key.


      """
    for attack in attacks.all {
      text += "### method: \(attack.key)\n\n\(attack.help)\n\n" + table(attack.optionRows) + "\n"
    }

    text += """
      ## control

      The attack with epsilon 0 must give the maps of the clean image, to the last bit: by default that is tried on 100 images, drawn by
      the seed and spread over the labels, or on all where there are fewer. The report says how many it was. Rows of epsilon 0 exist for
      these images alone.

      ## explain

      `method` is one of \(list(explanations.keys)) (\(standardExplanation.key) where it is left out); `methods` lists several.


      """
    text += table(ExplainOptions.rows)
    for explanation in explanations.all {
      text += "\n### method: \(explanation.key)\n\n\(explanation.help)\n" + own(explanation.optionRows)
    }

    text += """

      ## compare

      `measure` is one of \(list(measures.keys)) (\(standardMeasure.key) where it is left out); `measures` lists several. MOD and VID
      are made of each; the first is the one that figures and tables show where they do not say which.

      """
    for measure in measures.all {
      text += "\n### measure: \(measure.key)\n\n\(measure.help)\n" + own(measure.optionRows)
    }

    return text + "\n## report\n\n" + table(ReportOptions.rows)
  }

  private static func list(_ keys: [String]) -> String { keys.map { "`\($0)`" }.joined(separator: ", ") }

  private static func own(_ rows: [OptionRow]) -> String { rows.isEmpty ? "" : "\n" + table(rows) }

  private static func table(_ rows: [OptionRow]) -> String {
    guard !rows.isEmpty else { return "No options.\n" }
    var text = "| option | values | default | |\n|---|---|---|---|\n"
    for row in rows {
      let standard = row.isRequired ? "required" : row.standard
      let cells = ["`\(row.name)`", row.words, standard, row.help].map { $0.replacing("|", with: "\\|") }
      text += "| " + cells.joined(separator: " | ") + " |\n"
    }
    return text
  }
}
