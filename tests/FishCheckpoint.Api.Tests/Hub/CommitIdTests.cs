using FishCheckpoint.Api.Hub;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Hub;

public sealed class CommitIdTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(120)]
    [InlineData(uint.MaxValue)]
    [InlineData(uint.MaxValue + 1L)]
    [InlineData(long.MaxValue)]
    public void StepsIn_OfItsTask_HasItsStep(long step)
    {
        var id = CommitId.Of(Of("sst2", step, 1));
        Assert.True(CommitId.TryParse(id.Text, out var parsed));
        Assert.Equal(id, parsed);
        Assert.Contains(step, parsed.StepsIn("sst2"));
        Assert.DoesNotContain(step, parsed.StepsIn("sst3"));
    }

    [Fact]
    public void Of_OtherPlaceOrContent_IsOther()
    {
        var known = Of("sst2", 120, 1);
        CheckpointInfo[] others = [Of("sst3", 120, 1), Of("sst2", 121, 1), Of("sst2", 120, 2), known with { Headers = Digest.Of([3]) },
            known with { SideFiles = Digest.Of([3]) }];
        Assert.Equal(6, others.Append(known).Select(CommitId.Of).Distinct().Count());
        Assert.Equal(CommitId.Of(known), CommitId.Of(known with { Created = known.Created.AddDays(1), Tags = ["good"], Depth = 7 }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("main")]
    [InlineData("CA4F274200C00F272EF66046A1244A0FE9BD5731")]
    [InlineData("ca4f274200c00f272ef66046a1244a0fe9bd573")]
    public void TryParse_NoId_IsRefused(string text) => Assert.False(CommitId.TryParse(text, out _));

    private static CheckpointInfo Of(string task, long step, byte content) => new(
        task, step, "base", Digest.Of([content]), default, 0, 0, 0, 0, 0, 0, 1, null,
        new Dictionary<string, double>(StringComparer.Ordinal), [], DateTimeOffset.UnixEpoch);
}
