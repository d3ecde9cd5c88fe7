using System.Buffers.Binary;
using System.Text;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class LayoutTests
{
    [Fact]
    public void Id_Always_IsTheDocumentedSha256()
    {
        var layout = new Layout([new TensorInfo("wörd", DType.BF16, [3, 5]), new TensorInfo("s", DType.F32, [])]);
        var bytes = new List<byte>(Encoding.UTF8.GetBytes("fishcheckpoint layout 1\n"));
        foreach (var tensor in layout.Tensors)
        {
            var name = Encoding.UTF8.GetBytes(tensor.Name);
            Append(name.Length);
            bytes.AddRange(name);
            bytes.Add((byte)tensor.Type);
            Append(tensor.Shape.Count);
            tensor.Shape.ToList().ForEach(Append);
        }

        Assert.Equal(Digest.Of(bytes.ToArray()), layout.Id);

        void Append(long value)
        {
            var word = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(word, value);
            bytes.AddRange(word);
        }
    }

    [Fact]
    public void Id_NameTypeShapeAndOrder_AllCount()
    {
        Layout[] layouts =
        [
            Of(("a", DType.F32, [4]), ("b", DType.F32, [4])), Of(("b", DType.F32, [4]), ("a", DType.F32, [4])),
            Of(("a", DType.I32, [4]), ("b", DType.F32, [4])), Of(("a", DType.F32, [2, 2]), ("b", DType.F32, [4])),
            Of(("a", DType.F32, [4])), Of(("ab", DType.F32, [4])), Of(),
        ];

        Assert.Equal(layouts.Length, layouts.Select(layout => layout.Id).Distinct().Count());
        Assert.Equal(layouts[0].Id, Of(("a", DType.F32, [4]), ("b", DType.F32, [4])).Id);
    }

    [Fact]
    public void TryIndexOf_Name_FindsItsTensor()
    {
        var layout = Of(("a", DType.F32, [4]), ("b", DType.F64, [2, 3]));

        Assert.True(layout.TryIndexOf("b", out var index));
        Assert.Equal(1, index);
        Assert.False(layout.TryIndexOf("B", out _));
        Assert.Equal((10L, 64L), (layout.Elements, layout.Bytes));
    }

    [Fact]
    public void Constructor_NameTwice_Throws() =>
        Assert.Throws<ArgumentException>(() => Of(("a", DType.F32, [4]), ("a", DType.F32, [4])));

    private static Layout Of(params (string Name, DType Type, long[] Shape)[] tensors) =>
        new([.. tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Type, tensor.Shape))]);
}
