using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>The optimizer state of one tensor of a mask, on its device: values in the order of the mask's positions.</summary>
internal sealed class Moments : IDisposable
{
    /// <summary>Number of updates.</summary>
    public long Steps { get; set; }

    /// <summary>The mean of the gradients, or the momentum; <see langword="null"/> before the first step.</summary>
    public torch.Tensor? First { get; set; }

    /// <summary>The mean of the squared gradients; <see langword="null"/> before the first step, or if the optimizer has none.</summary>
    public torch.Tensor? Second { get; set; }

    /// <summary>Moves the state to the device and dtype of the values.</summary>
    public void Follow(torch.Tensor values) => (First, Second) = (Moved(First, values), Moved(Second, values));

    public void Dispose()
    {
        First?.Dispose();
        Second?.Dispose();
        (First, Second) = (null, null);
    }

    private static torch.Tensor? Moved(torch.Tensor? moment, torch.Tensor values)
    {
        if (moment is null
            || (moment.device_type == values.device_type && moment.device_index == values.device_index && moment.dtype == values.dtype))
        {
            return moment;
        }

        using (moment)
        {
            return moment.to(values.dtype, values.device).DetachFromDisposeScope();
        }
    }
}
