import CCairo
import Images
import Support
import Typesetting

/// A Cairo surface and its context; checks both states.
@safe final class CairoSurface {
  let surface: OpaquePointer
  let context: OpaquePointer
  private let output: ByteSink?

  /// - Parameter output: kept as long as the surface may write to it.
  init(_ surface: OpaquePointer?, output: ByteSink? = nil) throws(Problem) {
    guard let surface = unsafe surface else { throw .failure("Cairo made no surface") }
    guard unsafe cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, let context = unsafe cairo_create(surface)
    else {
      let text = unsafe String(cString: cairo_status_to_string(cairo_surface_status(surface)))
      unsafe cairo_surface_destroy(surface)
      throw .failure("Cairo could not make a surface: \(text)")
    }
    unsafe self.surface = unsafe surface
    unsafe self.context = unsafe context
    self.output = output
  }

  deinit {
    unsafe cairo_destroy(context)
    unsafe cairo_surface_destroy(surface)
  }

  func check(_ action: String) throws(Problem) {
    for status in unsafe [cairo_status(context), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS {
      throw .failure(unsafe "Cairo failed to \(action): \(String(cString: cairo_status_to_string(status)))")
    }
  }

  /// Writes everything out; nothing can be drawn after it.
  func finish() throws(Problem) {
    try check("draw")
    unsafe cairo_surface_finish(surface)
    let status = unsafe cairo_surface_status(surface)
    guard status == CAIRO_STATUS_SUCCESS else {
      throw .failure(unsafe "Cairo failed to write: \(String(cString: cairo_status_to_string(status)))")
    }
  }
}

/// Collects what Cairo writes.
final class ByteSink {
  var bytes: [UInt8] = []

  /// For `cairo_*_surface_create_for_stream`, with the sink as closure.
  static let write: cairo_write_func_t = { closure, data, length in
    guard let closure = unsafe closure, let data = unsafe data else { return CAIRO_STATUS_WRITE_ERROR }
    let sink = unsafe Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue()
    unsafe sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
    return CAIRO_STATUS_SUCCESS
  }

  var closure: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }
}

/// Draws placed items on a Cairo context.
struct CairoCanvas {
  let target: CairoSurface
  let shaper: PangoShaper
  let pictures: PictureCache
  /// Collects the structure, and has links and anchors drawn; only PDF has them.
  let structure: StructureTree?
  /// Anchors that exist: a link to another is none.
  let anchors: Set<String>

  private var cairo: OpaquePointer { unsafe target.context }

  func draw(_ items: [PlacedItem]) throws(Problem) {
    var index = 0
    while index < items.count {
      let item = items[index]
      index += 1
      switch item {
      case .text(let text):
        // A link lies over the text before it.
        if structure != nil, items.indices.contains(index), case .link(let rect, let target) = items[index],
          abs(rect.x - text.origin.x) < 0.01, leads(target)
        {
          index += 1
          link(rect, target) { draw(spaced(text, before: items[index...])) }
          continue
        }
        begin(isText: true)
        draw(structure == nil ? text : spaced(text, before: items[index...]))
      case .path(let path):
        begin(isText: false)
        draw(path)
      case .picture(let picture):
        begin(isText: false)
        try draw(picture)
      case .group(let items, let offset, let clip):
        unsafe cairo_save(cairo)
        unsafe cairo_translate(cairo, offset.x, offset.y)
        if let clip {
          unsafe cairo_rectangle(cairo, clip.x, clip.y, clip.width, clip.height)
          unsafe cairo_clip(cairo)
        }
        try draw(items)
        unsafe cairo_restore(cairo)
      case .tagged(let items, let role, let alternative):
        guard let structure else {
          try draw(items)
          continue
        }
        try structure.element(role, alternative) { () throws(Problem) in try draw(items) }
      case .link(let rect, let target):
        if leads(target) { link(rect, target) {} }
      case .anchor(let name, let point): anchor(name, point)
      }
    }
  }

  // MARK: - Structure

  private func begin(isText: Bool) {
    structure?.draw(isText: isText, begin: mark)
  }

  /// Draws what `PDFStructure` finds again in the page's stream, wherever the pen is.
  private func mark(_ number: Int) {
    let rect = StructureMark.rect(number)
    unsafe cairo_save(cairo)
    unsafe cairo_reset_clip(cairo)
    unsafe cairo_identity_matrix(cairo)
    // Most text is black or nearly so; Cairo says a colour only where it changes.
    unsafe cairo_set_source_rgb(cairo, 0, 0, 0)
    unsafe cairo_new_path(cairo)
    unsafe cairo_rectangle(cairo, rect.x, rect.y, rect.width, rect.height)
    unsafe cairo_fill(cairo)
    unsafe cairo_restore(cairo)
  }

  /// The text with a space at its end, unless the next one goes on where it ends: words are placed singly, and who
  /// copies or hears them needs their ends.
  private func spaced(_ text: PlacedText, before rest: ArraySlice<PlacedItem>) -> PlacedText {
    var spaced = text
    for item in rest {
      switch item {
      case .link: continue
      case .text(let next) where next.rotation == text.rotation:
        let width = shaper.extent(of: text.text, font: text.font).width
        let end = text.rotation == 90 ? text.origin.y - width : text.origin.x + width
        let distance = text.rotation == 90 ? end - next.origin.y : next.origin.x - end
        let across = text.rotation == 90 ? next.origin.x - text.origin.x : next.origin.y - text.origin.y
        if abs(distance) < 0.1 * text.font.size, abs(across) < 0.5 * text.font.size { return text }
      default: break
      }
      break
    }
    spaced.text += " "
    return spaced
  }

  private func set(_ colour: Colour) {
    unsafe cairo_set_source_rgba(cairo, colour.red, colour.green, colour.blue, colour.alpha)
  }

  private func draw(_ text: PlacedText) {
    unsafe cairo_save(cairo)
    set(text.colour)
    unsafe cairo_translate(cairo, text.origin.x, text.origin.y)
    if text.rotation != 0 { unsafe cairo_rotate(cairo, -text.rotation * .pi / 180) }
    unsafe cairo_move_to(cairo, 0, 0)
    unsafe shaper.draw(text.text, font: text.font, on: cairo, asPath: pictures.rasterises)
    unsafe cairo_restore(cairo)
  }

  private func draw(_ path: PlacedPath) {
    unsafe cairo_new_path(cairo)
    for element in path.elements {
      switch element {
      case .move(let p): unsafe cairo_move_to(cairo, p.x, p.y)
      case .line(let p): unsafe cairo_line_to(cairo, p.x, p.y)
      case .curve(let a, let b, let c): unsafe cairo_curve_to(cairo, a.x, a.y, b.x, b.y, c.x, c.y)
      case .close: unsafe cairo_close_path(cairo)
      }
    }
    if let fill = path.fill {
      set(fill)
      if path.stroke == nil { unsafe cairo_fill(cairo) } else { unsafe cairo_fill_preserve(cairo) }
    }
    if let stroke = path.stroke {
      set(stroke.colour)
      unsafe cairo_set_line_width(cairo, stroke.width)
      unsafe cairo_set_dash(cairo, stroke.dash, Int32(stroke.dash.count), 0)
      unsafe cairo_set_line_cap(cairo, stroke.roundCap ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
      unsafe cairo_set_line_join(cairo, stroke.roundCap ? CAIRO_LINE_JOIN_ROUND : CAIRO_LINE_JOIN_MITER)
      unsafe cairo_stroke(cairo)
    }
    unsafe cairo_new_path(cairo)
  }

  private func draw(_ placed: PlacedPicture) throws(Problem) {
    let picture = placed.picture
    let surface = try unsafe pictures.surface(picture)
    unsafe cairo_save(cairo)
    unsafe cairo_translate(cairo, placed.frame.x, placed.frame.y)
    unsafe cairo_scale(
      cairo, placed.frame.width / Double(picture.pixelWidth), placed.frame.height / Double(picture.pixelHeight))
    unsafe cairo_set_source_surface(cairo, surface, 0, 0)
    let pattern = unsafe cairo_get_source(cairo)
    // GOOD makes PDF viewers smooth between pixels, NEAREST keeps steps sharp.
    unsafe cairo_pattern_set_filter(pattern, placed.smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST)
    // Keeps the edges from fading into the ground. A page description must not have it: Cairo would embed a copy of
    // the pixels with a border instead of the picture's own file.
    if pictures.rasterises { unsafe cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD) }
    unsafe cairo_rectangle(cairo, 0, 0, Double(picture.pixelWidth), Double(picture.pixelHeight))
    unsafe cairo_fill(cairo)
    unsafe cairo_restore(cairo)
  }

  private func leads(_ target: LinkTarget) -> Bool {
    guard structure != nil else { return false }
    if case .anchor(let name) = target { return anchors.contains(name) }
    return true
  }

  private func link(_ rect: Rect, _ target: LinkTarget, _ draw: () -> Void) {
    let destination: StructureTree.Link.Destination =
      switch target {
      case .address(let address): .address(address)
      case .anchor(let name): .anchor(name)
      }
    structure?.link(placed(rect), destination, begin: mark, draw: draw)
  }

  /// In the coordinates of the page.
  private func placed(_ rect: Rect) -> Rect {
    var placed = rect
    unsafe cairo_user_to_device(cairo, &placed.x, &placed.y)
    return placed
  }

  private func anchor(_ name: String, _ point: Point) {
    guard structure != nil else { return }
    var x = point.x
    var y = point.y
    unsafe cairo_user_to_device(cairo, &x, &y)
    structure?.anchor(name, Point(x, y))
  }

  static func anchors(in items: [PlacedItem]) -> Set<String> {
    var names: Set<String> = []
    for item in items {
      switch item {
      case .anchor(let name, _): names.insert(name)
      case .group(let items, _, _), .tagged(let items, _, _): names.formUnion(anchors(in: items))
      default: break
      }
    }
    return names
  }
}
