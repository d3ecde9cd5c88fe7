using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>A delta in one of the formats, opened: which tensors it changes, and how.</summary>
internal interface IVersionDelta : IDisposable
{
    /// <summary>The tensors that it changes.</summary>
    IReadOnlyCollection<string> Tensors { get; }

    /// <summary>The checksum that the whole model has to have afterwards: over all tensors' bytes, by name.</summary>
    ExpectedChecksum? Whole { get; }

    /// <summary>Prepares the change of a tensor. The caller disposes it before the next is asked for.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="info">What it is in the state below.</param>
    /// <exception cref="FishException">The change does not fit it.</exception>
    TensorPatch Open(string tensor, TensorInfo info);

    /// <summary>The checksum that the tensor has to have afterwards, where the format has one.</summary>
    ExpectedChecksum? ChecksumOf(string tensor);
}
