using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>An open delta of one of the formats: the changed tensors and their changes.</summary>
internal interface IVersionDelta : IDisposable
{
    /// <summary>The changed tensors.</summary>
    IReadOnlyCollection<string> Tensors { get; }

    /// <summary>The required checksum of the whole model afterwards: over all tensors' bytes, by name.</summary>
    ExpectedChecksum? Whole { get; }

    /// <summary>Prepares the change of a tensor. The caller disposes it before requesting the next one.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="info">Its dtype and shape in the parent state.</param>
    /// <exception cref="FishException">The change does not fit it.</exception>
    TensorPatch Open(string tensor, TensorInfo info);

    /// <summary>The required checksum of the tensor afterwards, if the format has one.</summary>
    ExpectedChecksum? ChecksumOf(string tensor);
}
