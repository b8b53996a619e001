import ExperimentFile
import Foundation
import Support
import Testing

/// Every kind of wrong experiment file, with the whole message.
@Suite struct WrongExperimentFileTests {
  @Test(arguments: [
    // Unknown, missing and repeated keys.
    (5, "attak: {epsilons: 1}", "small.yaml:5:1: unknown key `attak`\n  Did you mean `attack`?"),
    (4, "attack: {epsilon: [1]}", "small.yaml:4:10: unknown key `epsilon` in `attack`\n  Did you mean `epsilons`?"),
    (
      3, "models: [{architecture: vgg16, weights: a, depth: 3}]",
      "small.yaml:3:44: unknown key `depth` in `models[0]`\n"
        + "  Known are: `architecture`, `network`, `maps`, `variant`, `name`, `weights`, `state`, `width`, `layers`, "
        + "`training`, `trained-split-seed`, `input`."
    ),
    (5, "input: {sise: 64}", "small.yaml:5:9: unknown key `sise` in `input`\n  Did you mean `size`?"),
    (1, "", "small.yaml:2:1: the key `title` is missing\n  Add it, for example: `title: ORL faces under attack`."),
    (
      4, "",
      "small.yaml:1:1: the key `attack` is missing\n  Add it, for example: `attack: {epsilons: [0.01, 0.05, 0.1]}`."
    ),
    (
      3, "models: [{architecture: vgg16}]",
      "small.yaml:3:10: the key `models[0].weights` is missing\n"
        + "  Add it, for example: `weights: weights/vgg16.safetensors`."
    ),
    (
      2, "data: {source: folder}",
      "small.yaml:2:7: the key `data.root` is missing\n  Add it, for example: `root: ../faces`."
    ),
    (5, "title: Again", "small.yaml:1:1: `title` appears more than once in one mapping\n  Keep one of them."),
    // Wrong types.
    (5, "seed: many", "small.yaml:5:7: `seed` must be a whole number of at least 0, found `many`"),
    (5, "seed: -1", "small.yaml:5:7: `seed` must be a whole number of at least 0, found `-1`"),
    (
      5, "seed: 010",
      "small.yaml:5:7: `seed` must be a whole number of at least 0, found `010`\n"
        + "  A whole number that begins with 0 is octal to some programs. Write `10`."
    ),
    (1, "title:", "small.yaml:1:7: `title` must be a text, found nothing"),
    (1, "title: [a]", "small.yaml:1:8: `title` must be a text, found a list"),
    (
      3, "models: {architecture: vgg16}",
      "small.yaml:3:9: `models` must be a list, found a mapping of keys\n"
        + "  Lists are written in brackets: `models: [a, b]`, or one item a line, each after `- `."
    ),
    (3, "models: []", "small.yaml:3:9: `models` must not be empty\n  Name one at least."),
    (
      5, "compare: gaussian",
      "small.yaml:5:10: `compare` must be a mapping of keys, found `gaussian`\n  Its keys are: `measure`, `measures`, `window`."
    ),
    (4, "attack: {epsilons: [0.1, ten]}", "small.yaml:4:26: `attack.epsilons` must be a number, found `ten`"),
    (4, "attack: {epsilons: [nan]}", "small.yaml:4:21: `attack.epsilons` must be a number, found `nan`"),
    (4, "attack: {epsilons: [0x1]}", "small.yaml:4:21: `attack.epsilons` must be a number, found `0x1`"),
    // Values out of range.
    (
      4, "attack: {epsilons: [0.1, 8]}",
      "small.yaml:4:26: `attack.epsilons` must lie in (0, 1], found `8`\n"
        + "  Epsilons are in units of the pixel range [0, 1]: is `8/255` meant?"
    ),
    (
      4, "attack: {epsilons: [-0.1]}",
      "small.yaml:4:21: `attack.epsilons` must lie in (0, 1], found `-0.1`\n"
        + "  Epsilons are in units of the pixel range [0, 1]: 8/255 is 0.0314."
    ),
    (
      4, "attack: {epsilons: [0, 0.0]}",
      "small.yaml:4:20: `attack.epsilons` lists no attack level but 0, the control\n  Add one, for example `8/255`."
    ),
    (
      4, "attack: {epsilons: [0,03, 0,1]}",
      "small.yaml:4:21: `attack.epsilons` lists `0` and then `03`\n"
        + "  Numbers have a decimal point: if `0,03` is meant, write `0.03`. If not, leave out `0`, the control, which "
        + "needs no listing."
    ),
    (
      4, "attack: {epsilons: \"0,03\"}",
      "small.yaml:4:20: `attack.epsilons` must be a number, found `0,03`\n"
        + "  Numbers have a decimal point. Write `0.03`."
    ),
    (
      4, "attack: {epsilons: \"2/255, 4/255\"}",
      "small.yaml:4:20: `attack.epsilons` must be a number, found `2/255, 4/255`\n"
        + "  A list is written in brackets: `[2/255, 4/255]`."
    ),
    (
      4, "attack: {epsilons: [3%]}",
      "small.yaml:4:21: `attack.epsilons` must be a number, found `3%`\n  Write the share: `0.03`."
    ),
    (4, "attack: {epsilons: [1/0]}", "small.yaml:4:21: `attack.epsilons` must be a number, found `1/0`"),
    (
      4, "attack: {epsilons: [“0.1”]}",
      "small.yaml:4:21: `attack.epsilons` must be a number, found `“0.1”`\n"
        + "  `“` is a typographic quotation mark and part of the text. Write `0.1`."
    ),
    (
      4, "attack: {epsilons: [0.1, 1e-1]}",
      "small.yaml:4:26: `attack.epsilons` lists `0.1` and `1e-1`, which are one number\n  Keep one of them."
    ),
    (
      4, "attack: {epsilons: [51/255, 0.2]}",
      "small.yaml:4:29: `attack.epsilons` lists `51/255` and `0.2`, which are one number\n  Keep one of them."
    ),
    (
      4, "attack: {epsilons: [8/255, 0.031372549]}",
      "small.yaml:4:28: `attack.epsilons` lists `8/255` and `0.031372549`, which are one number\n  Keep one of them."
    ),
    (4, "attack: {epsilons: [1e-400]}", "small.yaml:4:21: `attack.epsilons` must be a number, found `1e-400`"),
    (
      4, "attack: {epsilons: [1e-60]}",
      "small.yaml:4:21: `attack.epsilons` lists `1e-60`, which is too small to change an image\n"
        + "  Epsilons are in units of the pixel range [0, 1]: 1/255 is one grey level, 0.0039."
    ),
    (
      4, "attack: {epsilons: [8/255, 8/255]}",
      "small.yaml:4:28: `attack.epsilons` lists `8/255` twice\n  Keep one of them."
    ),
    (
      3, "models: [{architecture: vgg16, weights: 'C:\\w\\a.pth'}]",
      "small.yaml:3:41: `models[0].weights` is a path of Windows: `C:\\w\\a.pth`\n"
        + "  Write it as this system has it; under WSL the drive C: is /mnt/c."
    ),
    (
      3, "models: [{architecture: vgg16, weights: \"C:\\w\\a.pth\"}]",
      "small.yaml:3:44: not valid YAML: found unknown escape character while parsing a quoted scalar\n"
        + "  In double quotes a backslash begins an escape. Write paths with `/`, or in single quotes."
    ),
    (
      3, "models: [{architecture: vgg16, weights: ~anna/a.pth}]",
      "small.yaml:3:41: `~anna/a.pth` cannot be resolved: only `~/` is taken, for the folder in HOME\n"
        + "  Write the whole path, or `./~anna/a.pth` for a file of that name."
    ),
    (
      3, "models: [{architecture: vgg16, weights: ”a.pth”}]",
      "small.yaml:3:41: `models[0].weights` begins with the typographic quotation mark `”`\n"
        + "  YAML knows \" and ' only; a path needs none: `a.pth`."
    ),
    (
      5, "input:\n\tsize: 64",
      "small.yaml:6:1: not valid YAML: a tab stands in the indentation\n  Indent by spaces."
    ),
    (
      5, "input:\n  size: 64\n\u{A0} fit: crop",
      "small.yaml:7:1: not valid YAML: a character that looks like a space or like nothing (U+A0)\n"
        + "  Write a space in its place; such characters come with text that was copied from a page."
    ),
    (
      5, "input: {<<: 3}",
      "small.yaml:5:9: `<<` takes the keys of another mapping, found `3`\n"
        + "  Name one: `<<: *name`, where another value is marked `&name`."
    ),
    (
      5, "input: {orientation: turn}",
      "small.yaml:5:22: `input.orientation` must be one of `apply`, `ignore`, found `turn`"
    ),
    (
      2, "data: {source: orl, follow-links: true}",
      "small.yaml:2:35: `data.follow-links` does not go with the source `orl`\n"
        + "  Its keys are: `source`, `split`, `split-seed`, `limit`, `labels`, `root`."
    ),
    (
      3, "models: [{architecture: vgg16, weights: a, width: 0}]",
      "small.yaml:3:51: `models[0].width` must lie in (0, 4], found `0`"
    ),
    (
      2, "data: {source: folder, root: f, limit: 0}",
      "small.yaml:2:40: `data.limit` must be a whole number of at least 1, found `0`"
    ),
    (5, "input: {size: 16}", "small.yaml:5:15: `input.size` must be a whole number from 32 to 4096, found `16`"),
    (
      5, "input: {resize: 200}",
      "small.yaml:5:17: `input.resize` must be at least the input size 299, found `200`"
    ),
    (5, "input: {std: [0, 1, 1]}", "small.yaml:5:15: `input.std` must lie in (0, 1], found `0`"),
    (
      5, "input: {mean: [123, 117, 104]}",
      "small.yaml:5:16: `input.mean` must lie in [0, 1], found `123`\n"
        + "  Numbers for pixels of 0 to 255 need `range: 255` beside them."
    ),
    (
      5, "input: {range: 255, std: [1, 256, 257]}",
      "small.yaml:5:35: `input.std` must lie in (0, 256], found `257`"
    ),
    (
      5, "input: {range: 256}",
      "small.yaml:5:16: `input.range` must be one of `1`, `255`, found `256`\n  Did you mean `255`?"
    ),
    (
      5, "input: {channels: bgrr}",
      "small.yaml:5:19: `input.channels` must be one of `rgb`, `bgr`, found `bgrr`\n  Did you mean `bgr`?"
    ),
    (
      3, "models: [{architecture: vgg16, variant: caffe, weights: a}]",
      "small.yaml:3:41: vgg16 has no variant `caffe`\n  `resnet50` and `resnet101` have it: leave `variant` out."
    ),
    (
      5, "input: {mean: [0.5]}",
      "small.yaml:5:15: `input.mean` must list 3 numbers (one a channel, in the order of `channels`), found 1\n"
        + "  They are in units of [0, `range`], for example `[0.485, 0.456, 0.406]` where that is 1."
    ),
    (
      4, "attacks: [{method: pgd, epsilons: [0.1]}, {method: pgd, epsilons: [0.2]}]",
      "small.yaml:4:43: `attacks` lists `pgd` twice\n  Give it all levels in one list."
    ),
    (
      4, "attacks: [{method: pgd, epsilons: [0.1]}, {method: pgd, steps: 40, epsilons: [0.1]}]",
      "small.yaml:4:43: `attacks` lists `pgd` twice, with different options\n"
        + "  Results name attacks by their method and source: make an experiment of its own for other options."
    ),
    // Words that are not among the choices.
    (
      5, "compare: {window: gausian}",
      "small.yaml:5:19: `compare.window` must be one of `uniform`, `gaussian`, found `gausian`\n  Did you mean `gaussian`?"
    ),
    (
      3, "models: [{architecture: resnet, weights: a}]",
      "small.yaml:3:25: `models[0].architecture` must be one of `vgg16`, `resnet50`, `resnet101`, `inception_v3`, "
        + "`xception`, found `resnet`\n  Did you mean `resnet50`?"
    ),
    (
      5, "explain: {targets: [predicted, predicted]}",
      "small.yaml:5:32: `explain.targets` lists `predicted` twice"
    ),
    (
      2, "data: {source: vggface2, root: x, path: y}",
      "small.yaml:2:41: `data.path` does not go with the source `vggface2`\n"
        + "  Its keys are: `source`, `split`, `split-seed`, `limit`, `labels`, `root`, `list`, `subset`, `align`, `margin`."
    ),
    (
      2, "data: {source: vggface2, root: x, margin: 0.1}",
      "small.yaml:2:43: `data.margin` goes with `align: box` only, found `align: landmarks`\n  Leave it out."
    ),
    (
      2, "data: {source: manifest, root: x}",
      "small.yaml:2:7: the key `data.path` is missing\n  Add it, for example: `path: images.csv`."
    ),
    (
      3, "models: [{architecture: vgg16, weights: a}, {architecture: vgg16, weights: b}]",
      "small.yaml:3:45: two models are called `VGG16`; the other one stands on line 3\n  Give each a `name` of its own."
    ),
    (
      3, "models: [{architecture: vgg16, weights: a, layers: [last, last]}]",
      "small.yaml:3:59: `models[0].layers` lists `last` twice"
    ),
    // YAML itself.
    (
      4, "attack: {epsilons: [0.05}",
      "small.yaml:4:25: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence\n"
        + "  Look at this line and the one above: indentation, a missing colon, bracket or quote."
    ),
    (
      4, "attack: *a",
      "small.yaml:4:9: not valid YAML: found undefined alias\n"
        + "  Look at this line and the one above: indentation, a missing colon, bracket or quote."
    ),
    (5, "[a]: 1", "small.yaml:5:1: a key must be a word, found a list or a mapping of keys"),
    (
      1, "title: ${A",
      "small.yaml:1:8: `${` without a closing `}` in `${A`\n  Write `$${` for the characters themselves."
    ),
  ])
  func isRefused(line: Int, replacement: String, message: String) {
    #expect(problem((smallest + "\n").replacingLine(line, by: replacement)) == message)
  }

  @Test func anEmptyFile() {
    #expect(
      problem("# nothing\n")
        == "small.yaml:1:1: the file is empty\n  An experiment file needs at least `title`, `data`, `models` and `attack`."
    )
  }

  @Test func aliasBombsAreRefusedAtOnce() {
    var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      bomb += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
    }
    #expect(
      problem(bomb) == "small.yaml:4:1: the file uses more than 24 aliases (`*name`)\n  Write repeated values out.")
  }

  @Test func fewAliasesAreFine() throws {
    let text = """
      title: Shared
      data: {source: orl}
      models:
        - {architecture: vgg16, weights: a.safetensors, layers: &layers [last, all]}
        - {architecture: xception, weights: b.safetensors, layers: *layers}
      attack: {epsilons: [0.1]}
      """
    let experiment = try ExperimentFile(text: text, path: "shared.yaml").experiment
    #expect(experiment.models.map(\.layers) == [["last", "all"], ["last", "all"]])
  }

  @Test func deepNestingIsRefusedWithoutACrash() {
    let depth = 20_000
    let text = "title: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(problem(text)?.hasPrefix("small.yaml:1:") == true)
    #expect(problem("title:\n  " + String(repeating: "- ", count: depth) + "a")?.hasPrefix("small.yaml:2:") == true)
  }

  /// Any damage to a valid file is either harmless or refused with a place; it never crashes.
  @Test func damagedFiles() throws {
    var generator = SplitMix(state: 7)
    let original = Array(smallest.utf8)
    let characters = Array("{}[]:,-*&#!|>'\"%@`\n\t 0aé$".utf8)
    for _ in 0..<400 {
      var bytes = original
      for _ in 0...Int(generator.next() % 4) {
        let index = Int(generator.next() % UInt64(bytes.count))
        switch generator.next() % 3 {
        case 0: bytes[index] = characters[Int(generator.next() % UInt64(characters.count))]
        case 1: bytes.insert(characters[Int(generator.next() % UInt64(characters.count))], at: index)
        default: bytes.remove(at: index)
        }
      }
      if let message = problem(String(decoding: bytes, as: UTF8.self)) {
        #expect(message.hasPrefix("small.yaml:"), "\(message)")
      }
    }
  }
}

/// Small and seeded, for tests.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
