using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>The tensors of a model that trains, wherever they lie: in this process' memory, in a framework's, or on a GPU.</summary>
/// <remarks>A hook calls it from the training thread, or while that thread waits for it; never two calls at once.</remarks>
public interface ITrainingModel
{
    /// <summary>Names, dtypes and shapes: the task layout of the checkpoints.</summary>
    Layout Layout { get; }

    /// <summary>
    /// Copies the values at a mask's positions of one tensor: what training waits for in each save. On a GPU only these cross to the host.
    /// </summary>
    /// <param name="positions">Tensor and positions; the same object for the same mask, so that what is derived from it can be
    /// kept.</param>
    /// <param name="values">Filled with raw bits in the order of the positions; as long as they are.</param>
    void Gather(TensorMask positions, Span<byte> values);

    /// <summary>Copies a range of a tensor's bytes, for the leak check.</summary>
    /// <param name="tensor">Its index in the layout.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Filled.</param>
    void Read(int tensor, long offset, Span<byte> destination);

    /// <summary>Overwrites a range of a tensor's bytes, when training resumes.</summary>
    /// <param name="tensor">Its index in the layout.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="bytes">The new raw bits.</param>
    void Write(int tensor, long offset, ReadOnlySpan<byte> bytes);
}
