using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>The change of one tensor, laid on it from its first byte to its last, a block at a time.</summary>
internal abstract class TensorPatch : IDisposable
{
    /// <summary>Changes the next block in place.</summary>
    /// <param name="block">Bytes of the tensor; each block begins where the one before ended, on a whole unit.</param>
    /// <param name="offset">Where it begins in the tensor.</param>
    /// <exception cref="FishException">The change is damaged or hostile.</exception>
    public abstract void Apply(Span<byte> block, long offset);

    /// <summary>Makes sure that nothing of the change is left over.</summary>
    /// <exception cref="FishException">Something is.</exception>
    public abstract void Finish();

    /// <inheritdoc/>
    public abstract void Dispose();
}
