using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class MaskRuleTests
{
    [Theory]
    [InlineData("*.classifier.*", "model.classifier.weight", true)]
    [InlineData("*.classifier.*", "classifier.weight", false)]
    [InlineData("*classifier.*", "classifier.weight", true)]
    [InlineData("*.classifier.*", "model.classifiers.weight", false)]
    [InlineData("layer.?.bias", "layer.7.bias", true)]
    [InlineData("layer.?.bias", "layer.17.bias", false)]
    [InlineData("*ab*abc", "xababababc", true)]
    [InlineData("*", "", true)]
    [InlineData("", "w", false)]
    [InlineData("**w", "w", true)]
    [InlineData("[a].*", "[a].b", true)]
    [InlineData("Head.*", "head.weight", false)]
    public void NameLike_Pattern_HasToFitTheWholeName(string pattern, string name, bool expected) =>
        Assert.Equal(expected, MaskRule.NameLike(pattern)(Tensor(name)));

    [Fact]
    public void NameLike_PatternMadeToBeTriedAgain_EndsSoon() =>
        Assert.False(NamePattern.Matches(string.Concat(Enumerable.Repeat("*a", 1000)) + "b", new string('a', 5000)));

    [Fact]
    public void AnyOf_Predicates_PicksWhatOneOfThemPicks()
    {
        var rule = MaskRule.AnyOf(MaskRule.Named("scale", "shift"), MaskRule.NamePrefix("head."), MaskRule.IsBias);

        Assert.Equal(
            [true, true, true, true, true, false, false],
            new[] { "scale", "shift", "head.weight", "layer.bias", "bias", "scale.weight", "layer.unbias" }.Select(
                name => rule(Tensor(name))));
    }

    private static TensorInfo Tensor(string name) => new(name, DType.F32, [1]);
}
