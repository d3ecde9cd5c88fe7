using System.Text;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>Python's order of names: by code points, which equals the order of their UTF-8 bytes.</summary>
internal static class NameOrder
{
    public static IEnumerable<(TensorInfo Tensor, int Index)> Of(Layout layout) =>
        layout.Tensors.Select((tensor, index) => (Tensor: tensor, Index: index))
        .OrderBy(item => item.Tensor.Name, Comparer<string>.Create(Compare));

    public static int Compare(string left, string right) =>
        Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
}
