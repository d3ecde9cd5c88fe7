using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>Finds tensors that share memory: the same torch tensor, or on the host the same first byte and strides.</summary>
internal sealed class SharedMemory
{
    private readonly Dictionary<(nint Address, string Place), int> onHost = [];
    private readonly List<(torch.Tensor Tensor, int Number)> elsewhere = [];
    private int numbers;

    /// <summary>
    /// Whether two objects are one torch tensor with one gradient. Modules written in C++ return a new object for each access to a
    /// parameter. The test changes a flag of one and reads it from the other.
    /// </summary>
    public static bool IsOne(torch.Tensor left, torch.Tensor right)
    {
        if (left.Handle == right.Handle || left.dtype != right.dtype || !left.is_leaf || !right.is_leaf || !left.is_floating_point())
        {
            return left.Handle == right.Handle;
        }

        var flag = left.requires_grad;
        if (right.requires_grad != flag)
        {
            return false;
        }

        try
        {
            left.requires_grad = !flag;
            return right.requires_grad != flag;
        }
        finally
        {
            left.requires_grad = flag;
        }
    }

    /// <summary>A number that two tensors of one dtype and length share exactly if they share memory.</summary>
    public int NumberOf(torch.Tensor tensor)
    {
        if (tensor.numel() > 0 && tensor.device_type == DeviceType.CPU)
        {
            var key = (AddressOf(tensor), PlaceOf(tensor));
            if (!onHost.TryGetValue(key, out var number))
            {
                onHost.Add(key, number = numbers++);
            }

            return number;
        }

        var known = elsewhere.FindIndex(pair => pair.Tensor.numel() == tensor.numel() && IsOne(pair.Tensor, tensor));
        if (known < 0)
        {
            known = elsewhere.Count;
            elsewhere.Add((tensor, numbers++));
        }

        return elsewhere[known].Number;
    }

    /// <summary>The groups of tensors in a layout that share memory.</summary>
    public TiedTensors Tied(Layout layout, IReadOnlyList<torch.Tensor> tensors)
    {
        // One byte represents each memory: only addresses are compared.
        int[] all = [.. tensors.Select(NumberOf)];
        var marks = new byte[numbers];
        return TiedTensors.Find(layout, tensor => marks.AsSpan(all[tensor], 1));
    }

    private static string PlaceOf(torch.Tensor tensor) => $"{tensor.dtype} {tensor.numel()} "
        + (tensor.is_contiguous() ? string.Empty : $"{string.Join(',', tensor.shape)} {string.Join(',', tensor.stride())}");

    private static unsafe nint AddressOf(torch.Tensor tensor) => (nint)HostMemory.AddressOf(tensor);
}
