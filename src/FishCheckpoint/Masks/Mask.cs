using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Masks;

/// <summary>A set of positions per tensor of a layout. Immutable and content-addressed.</summary>
public sealed class Mask
{
    private Digest? bareId;

    private Mask(Layout layout, TensorMask[] tensors)
    {
        (Layout, Tensors) = (layout, tensors);
        Count = tensors.Sum(tensor => (long)tensor.Positions.Length);
        using var digest = new MaskDigest(layout.Id);
        foreach (var tensor in tensors)
        {
            digest.Add(tensor.Tensor, tensor.Positions.Span);
        }

        Id = digest.Finish();
    }

    /// <summary>The layout that positions refer to.</summary>
    public Layout Layout { get; }

    /// <summary>The tensors that have positions, in layout order.</summary>
    public IReadOnlyList<TensorMask> Tensors { get; }

    /// <summary>The number of positions.</summary>
    public long Count { get; }

    /// <summary>SHA-256 over layout and positions (docs/reference/format/container.md, "Identities").</summary>
    public Digest Id { get; }

    /// <summary>
    /// The <see cref="Id"/> of the same mask on tensors without the name prefixes that model wrappers add (<see cref="TensorNames"/>).
    /// </summary>
    public Digest BareId => Layout.Tensors.All(tensor => ReferenceEquals(TensorNames.Bare(tensor.Name), tensor.Name)) ? Id
        : bareId ??= Layout.Tensors.DistinctBy(tensor => TensorNames.Bare(tensor.Name)).Count() < Layout.Tensors.Count ? Id
        : new Mask(new Layout(
            [.. Layout.Tensors.Select(tensor => new TensorInfo(TensorNames.Bare(tensor.Name), tensor.Type, [.. tensor.Shape]))]),
                [.. Tensors]).Id;

    /// <summary>Checks positions and creates a mask.</summary>
    /// <param name="layout">The layout that they refer to.</param>
    /// <param name="tensors">Positions per tensor, in any order of tensors; empty entries are dropped. Not copied.</param>
    /// <exception cref="FishException"> <see cref="ErrorCode.IndexUnsorted"/>, <see cref="ErrorCode.IndexRepeated"/>,
    /// <see cref="ErrorCode.IndexOutOfRange"/>. </exception>
    /// <exception cref="ArgumentException">A tensor occurs twice or is not in the layout.</exception>
    public static Mask Create(Layout layout, IEnumerable<TensorMask> tensors)
    {
        var kept = tensors.Where(tensor => tensor.Positions.Length > 0).OrderBy(tensor => tensor.Tensor).ToArray();
        var last = -1;
        foreach (var tensor in kept)
        {
            if (tensor.Tensor == last || tensor.Tensor < 0 || tensor.Tensor >= layout.Tensors.Count)
            {
                throw new ArgumentException($"Tensor {tensor.Tensor} occurs twice or is not in the layout.", nameof(tensors));
            }

            Positions.Check(tensor.Positions.Span, layout.Tensors[tensor.Tensor]);
            last = tensor.Tensor;
        }

        return new Mask(layout, kept);
    }

    /// <summary>The mask with every position of the tensors that <paramref name="include"/> accepts. Default: all tensors.</summary>
    public static Mask Dense(Layout layout, Func<TensorInfo, bool>? include = null) => Create(
        layout,
        layout.Tensors.Select((tensor, index) => (tensor, index)).Where(pair => include?.Invoke(pair.tensor) ?? true)
            .Select(pair =>
                new TensorMask(pair.index, Enumerable.Range(0, checked((int)pair.tensor.Units)).Select(unit => (long)unit).ToArray())));
}
