using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>The state of one tensor of a mask, on its device: values at the mask's positions, in their order.</summary>
internal sealed class Moments : IDisposable
{
    /// <summary>Steps taken.</summary>
    public long Steps { get; set; }

    /// <summary>The mean of the gradients, or the momentum; <see langword="null"/> before the first step.</summary>
    public torch.Tensor? First { get; set; }

    /// <summary>The mean of the gradients' squares; <see langword="null"/> before the first step, or for ever.</summary>
    public torch.Tensor? Second { get; set; }

    /// <summary>Follows the values to where they lie and what they are.</summary>
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
