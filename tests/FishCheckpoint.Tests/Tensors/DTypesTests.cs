using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class DTypesTests
{
    // The reference's list (safetensors, tensor.rs, Dtype), in its order.
    private static readonly (string Name, int Bits)[] Reference =
    [
        ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8),
        ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32),
        ("C64", 64), ("F64", 64), ("I64", 64), ("U64", 64),
    ];

    [Fact]
    public void All_Always_IsTheFormatsListWithItsWidths() =>
        Assert.Equal(Reference, DTypes.All.Select(type => (DTypes.NameOf(type), DTypes.BitsOf(type))));

    [Fact]
    public void All_Always_IsTheEnumInItsOrder() => Assert.Equal(Enum.GetValues<DType>(), DTypes.All);

    [Fact]
    public void TryParse_EveryName_IsTheMirrorOfNameOf() =>
        Assert.All(DTypes.All, type => Assert.True(DTypes.TryParse(DTypes.NameOf(type), out var again) && again == type));

    [Theory]
    [InlineData("f32")]
    [InlineData("")]
    [InlineData("F128")]
    [InlineData("F32 ")]
    public void TryParse_OtherSpelling_IsFalse(string name) => Assert.False(DTypes.TryParse(name, out _));

    [Fact]
    public void UnitSizeOf_EveryType_IsAPowerOfTwoThatDividesABlock() => Assert.All(DTypes.All, type =>
    {
        Assert.Contains(DTypes.UnitSizeOf(type), new[] { 1, 2, 4, 8 });
        Assert.Equal(Math.Max(8, DTypes.BitsOf(type)), DTypes.UnitSizeOf(type) * 8);
    });
}
