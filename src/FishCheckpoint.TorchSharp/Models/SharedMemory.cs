using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>Tells which tensors are the same memory: one tensor of torch, or, on the host, the same first byte and strides.</summary>
internal sealed class SharedMemory
{
    private readonly Dictionary<(nint Address, string Place), int> onHost = [];
    private readonly List<(torch.Tensor Tensor, int Number)> elsewhere = [];
    private int numbers;

    /// <summary>
    /// Whether two objects are one tensor of torch, with one gradient: modules that are written in C++ give a new object each time they are
    /// asked for a parameter. One tensor's flag is that of both.
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

    /// <summary>A number that tensors of one dtype and length share when they are the same memory, and only then.</summary>
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

    /// <summary>The tensors of a layout that are one.</summary>
    public TiedTensors Tied(Layout layout, IReadOnlyList<torch.Tensor> tensors)
    {
        // One byte stands for each memory: only their addresses are compared.
        int[] all = [.. tensors.Select(NumberOf)];
        var marks = new byte[numbers];
        return TiedTensors.Find(layout, tensor => marks.AsSpan(all[tensor], 1));
    }

    private static string PlaceOf(torch.Tensor tensor) => $"{tensor.dtype} {tensor.numel()} "
        + (tensor.is_contiguous() ? string.Empty : $"{string.Join(',', tensor.shape)} {string.Join(',', tensor.stride())}");

    private static unsafe nint AddressOf(torch.Tensor tensor) => (nint)HostMemory.AddressOf(tensor);
}
