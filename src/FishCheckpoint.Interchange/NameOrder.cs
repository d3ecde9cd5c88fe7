using System.Text;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>The order that Python sorts names in: by code points, which is that of their bytes in UTF-8.</summary>
internal static class NameOrder
{
    public static IEnumerable<(TensorInfo Tensor, int Index)> Of(Layout layout) =>
        layout.Tensors.Select((tensor, index) => (Tensor: tensor, Index: index))
        .OrderBy(item => item.Tensor.Name, Comparer<string>.Create(Compare));

    public static int Compare(string left, string right) =>
        Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
}
