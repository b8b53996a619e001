extension Document {
  /// The same with a line across the top of every page that nobody overlooks, in grey print too: what the pages are not.
  /// - Parameter text: "Preview: 3 of 120 images".
  public func marked(_ text: String, measurer: any TextMeasurer) -> Document {
    var document = self
    let font = Font(.sans, size: 9, bold: true)
    let colour = Colour(0.7, 0.05, 0.05)
    let width = measurer.extent(of: text, font: font).width
    for index in pages.indices {
      let box = Rect(x: (pages[index].size.width - width) / 2 - 8, y: 12, width: width + 16, height: 17)
      let items: [PlacedItem] = [
        .path(.rectangle(box, stroke: Stroke(colour, width: 0.8))),
        .text(PlacedText(text, font: font, colour: colour, origin: Point(box.x + 8, box.y + 11.8))),
      ]
      document.pages[index].items.append(.tagged(items, role: "Artifact", alternative: ""))
    }
    return document
  }
}
