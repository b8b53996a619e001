import Figures
import Results

extension ReportData {
  /// On how many images the control was run, in a sentence.
  var controlWords: String {
    let (run, all) = results.controlCount
    if run == 0 { return "The control ε = 0 is not run." }
    if run == all { return "The control ε = 0 is run as well." }
    return
      "The control ε = 0 is run on \(Numbers.grouped(run)) of the \(Numbers.grouped(all)) images, drawn by the seed and "
      + "spread over the labels."
  }

  /// For captions that speak of the control: ", on 100 of the 2,000 images"; empty where it was run on all.
  var controlShare: String {
    let (run, all) = results.controlCount
    return run == all
      ? "" : run == 0 ? ", which was not run" : ", on \(Numbers.grouped(run)) of \(Numbers.grouped(all)) images"
  }

  /// What stands at ε = 0 of a curve, as a sentence.
  var controlSentence: String {
    let (run, _) = results.controlCount
    return run == 0
      ? "The control at ε\u{A0}=\u{A0}0 was not run."
      : "At ε\u{A0}=\u{A0}0 the clean images are explained a second time (the control\(controlShare))."
  }

  /// What the numbers cannot say, where there is little to make them of.
  var caveats: [String] {
    var found = missing.map {
      $0.prefix(1).uppercased() + $0.dropFirst() + ": this series is in no table and no figure."
    }
    if summaries.contains(where: { $0.imageCount < IntervalRule.fewest }) {
      found.append(
        "A series with fewer than \(IntervalRule.fewest) images has no intervals: nothing says how other images would do."
      )
    }
    if let turned { found.append(turned) }
    if results.attacks.contains(where: { $0.levels.count == 1 }) {
      found.append(
        "With a single attack level there is no VID: nothing can vary over it.")
    }
    return found
  }

  /// What became of pictures that are not stored upright.
  private var turned: String? {
    let count = results.images.count { $0.orientation != nil }
    guard count > 0 else { return nil }
    let ignoring = results.models.filter { model in
      results.options.contains { $0.key == "\(model.key).input.orientation" && $0.value == "ignore" }
    }
    let images = "\(Numbers.grouped(count)) of \(Numbers.grouped(results.images.count)) images"
    let head = "\(images) \(count == 1 ? "has" : "have") an EXIF orientation other than upright"
    if ignoring.isEmpty {
      return "\(head), and \(count == 1 ? "was" : "were") turned; torchvision and Pillow do not do so."
    }
    let whose = ignoring.count == results.models.count ? "" : " for \(Values.list(ignoring.map(\.name)))"
    return "\(head), which was ignored\(whose) (`orientation: ignore`)."
  }
}
