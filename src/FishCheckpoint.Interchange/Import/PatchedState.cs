using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Import;

/// <summary>A state with a delta applied: its tensors one after another, a block at a time.</summary>
/// <param name="below">The parent state; this object is its only reader.</param>
/// <param name="delta">The delta.</param>
/// <param name="version">The version's name, for errors.</param>
internal sealed class PatchedState(IModelReader below, IVersionDelta delta, string version)
{

    public Layout Layout => below.Layout;

    /// <summary>The changed tensors, as indices in the layout, ascending.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorUnknown"/>.</exception>
    public int[] Changing { get; } =
        [.. delta.Tensors.Select(name => below.Layout.TryIndexOf(name, out var index) ? index : throw new FishException(
        ErrorCode.TensorUnknown, $"{version}: {name}", "The task layout does not have this tensor.",
        "Give the base of the versions."))
        .Order()];

    /// <summary>Reads a changed tensor.</summary>
    public PatchedTensor Open(int tensor, CancellationToken cancellation) =>
        new(below, delta, Layout.Tensors[tensor], version, cancellation);

    /// <summary>Compares the whole state with the delta's checksum of it, if there is one.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>.</exception>
    public void CheckWhole(CancellationToken cancellation)
    {
        if (delta.Whole is not { } expected)
        {
            return;
        }

        var hash = Checksums.Create(expected.Algorithm, version);
        var (changing, buffer) = (Changing.ToHashSet(), new byte[Blocks.Size]);
        foreach (var (tensor, index) in NameOrder.Of(Layout))
        {
            if (changing.Contains(index))
            {
                using var patched = Open(index, cancellation);
                for (var block = patched.Next(); block.Length > 0; block = patched.Next())
                {
                    hash.Append(block);
                }
            }
            else
            {
                using var stream = TensorStream.Open(below, tensor.Name, cancellation);
                for (var block = 0L; block < Blocks.CountOf(tensor); block++)
                {
                    var bytes = buffer.AsSpan(0, Blocks.LengthOf(tensor, block));
                    stream.Read(bytes);
                    hash.Append(bytes);
                }
            }
        }

        expected.Require(hash.Finish(), version);
    }
}
