using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>The change of one tensor, applied from its first byte to its last, a block at a time.</summary>
internal abstract class TensorPatch : IDisposable
{
    /// <summary>Changes the next block in place.</summary>
    /// <param name="block">Bytes of the tensor; each block follows the previous one and begins at a whole unit.</param>
    /// <param name="offset">The block's offset in the tensor.</param>
    /// <exception cref="FishException">The change is damaged or hostile.</exception>
    public abstract void Apply(Span<byte> block, long offset);

    /// <summary>Checks that the whole change was used.</summary>
    /// <exception cref="FishException">A part is left.</exception>
    public abstract void Finish();

    /// <inheritdoc/>
    public abstract void Dispose();
}
