using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>The tensors of a model in training: in this process's memory, in a framework's, or on a GPU.</summary>
/// <remarks>A hook calls it on the training thread or while that thread waits; never two calls at once.</remarks>
public interface ITrainingModel
{
    /// <summary>Names, dtypes and shapes: the layout of the checkpoints.</summary>
    Layout Layout { get; }

    /// <summary>
    /// Copies the values at a mask's positions of one tensor. Training waits for this copy in each save. On a GPU only these values cross
    /// to the host.
    /// </summary>
    /// <param name="positions">Tensor and positions. The same mask gives the same object, so derived data can be cached.</param>
    /// <param name="values">Receives raw bits in the order of the positions; it has their length.</param>
    void Gather(TensorMask positions, Span<byte> values);

    /// <summary>Copies a range of a tensor's bytes, for the leak check.</summary>
    /// <param name="tensor">Its index in the layout.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    void Read(int tensor, long offset, Span<byte> destination);

    /// <summary>Overwrites a range of a tensor's bytes, when training resumes.</summary>
    /// <param name="tensor">Its index in the layout.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="bytes">The new raw bits.</param>
    void Write(int tensor, long offset, ReadOnlySpan<byte> bytes);
}
