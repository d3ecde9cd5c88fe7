using FishCheckpoint.Cli.Hosting.Suggestions;
using FishCheckpoint.Cli.Tests.Commands;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Hosting;

public sealed class SuggestionTests : CommandTest
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("save", "save", 0)]
    [InlineData("save", "SAVE", 0)]
    [InlineData("svae", "save", 1)]
    [InlineData("sav", "save", 1)]
    [InlineData("savee", "save", 1)]
    [InlineData("cave", "save", 1)]
    [InlineData("mnlii", "mnli", 1)]
    [InlineData("ca", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void Distance_OfTwoWords_CountsSlips(string left, string right, int expected)
    {
        Assert.Equal(expected, EditDistance.Of(left, right));
        Assert.Equal(expected, EditDistance.Of(right, left));
    }

    [Fact]
    public void Nearest_LongOrFarWords_SuggestNothing()
    {
        Assert.Empty(Nearest.To(new string('a', 1_000_000), ["save", new string('a', 999_999)]));
        Assert.Empty(Nearest.To("sst2", ["mnli", "qqp"]));
        Assert.Empty(Nearest.To("x", ["save"]));
        Assert.Empty(Nearest.To("x", []));
    }

    [Fact]
    public void Nearest_SeveralAsNear_AreAllSaid() => Assert.Equal(
        "Did you mean 'sst1', 'sst2' or 'sst3'?", Nearest.Question(Nearest.To("sst", ["sst3", "sst2", "sst1", "sst2", "sst4", "qqp"])));

    [Theory]
    [InlineData("Did you mean 'save'?", "sav")]
    [InlineData("Did you mean 'verify'?", "verfiy")]
    [InlineData("Did you mean 'ls'?", "list")]
    [InlineData("Did you mean 'rm'?", "delete")]
    [InlineData("Did you mean 'base add', 'task add' or 'key add'?", "add")]
    [InlineData("Did you mean 'add'?", "base", "ad")]
    [InlineData("Did you mean 'ls'?", "task", "list")]
    [InlineData("Did you mean '--json'?", "ls", "--jsn")]
    [InlineData("Did you mean '--json'?", "--jsno")]
    [InlineData("Did you mean '--metric'?", "save", "a", "1", "p", "--metrics", "a=1")]
    [InlineData("Did you mean 'week'?", "report", "--growth", "--by", "wek")]
    [InlineData("Did you mean 'bash'?", "completion", "bsah")]
    public async Task Usage_OfATypo_SaysWhatMayBeMeant(string expected, params string[] arguments)
    {
        var ran = await RunAsync(arguments);
        Assert.Equal((2, string.Empty), (ran.Exit, ran.Output));
        Assert.Contains(expected, ran.Error, StringComparison.Ordinal);
        var json = await RunAsync([.. arguments, "--json"]);
        using var parsed = System.Text.Json.JsonDocument.Parse(json.Error);
        Assert.Equal("USAGE", parsed.RootElement.GetProperty("code").GetString());
        Assert.Equal(2, parsed.RootElement.GetProperty("exit").GetInt32());
        Assert.StartsWith(expected, parsed.RootElement.GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("task", "add", "new", "--base")]
    [InlineData("verify", "task", "10", "--max-time", "soon")]
    [InlineData("backup", "to", "--verify", "--server", "nonsense")]
    [InlineData("rm", "task", "--all", "maybe")]
    public async Task Usage_OfAValueThatCannotBeRead_IsNoFaultOfTheProgram(params string[] arguments)
    {
        var ran = await RunAsync(arguments);
        Assert.Equal((2, string.Empty), (ran.Exit, ran.Output));
        Assert.DoesNotContain("UNEXPECTED", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NotFound_ANameLikeOneThatIsThere_SaysWhich()
    {
        await PrepareAsync();
        (await FishAsync("tag", "task", "release", "10")).Succeeded();
        foreach (var (code, expected, command) in new[]
        {
            (ErrorCode.TaskNotFound, "Did you mean 'task'?", "ls tsak"),
            (ErrorCode.TaskNotFound, "Did you mean 'task'?", "load taskk latest out"),
            (ErrorCode.BaseNotFound, "Did you mean 'base'?", "task add other --base bas"),
            (ErrorCode.TagNotFound, "Did you mean 'release'?", "show task relaese"),
            (ErrorCode.TagNotFound, "Did you mean 'latest'?", "show task lates"),
            (ErrorCode.CheckpointNotFound, "The nearest steps are 10 and 20.", "show task 11"),
            (ErrorCode.CheckpointNotFound, "The last step is 20.", "show task 30"),
            (ErrorCode.CheckpointNotFound, "The first step is 10.", "show task 3"),
        })
        {
            foreach (var ran in new[] { await FishAsync(command.Split(' ')), await FishOverHttpAsync(command.Split(' ')) })
            {
                ran.Failed(4, ErrorCodes.NameOf(code));
                Assert.Contains($"hint:  {expected} ", ran.Error, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Failure_OfHostileText_SendsNoControlCharacters() =>
        Assert.DoesNotContain('\u001b', (await FishAsync("ls", "a\u001b[2Jb")).Error);

    [Fact]
    public async Task Failure_WithJson_IsJson()
    {
        await PrepareAsync();
        var ran = await FishAsync("ls", "none", "--json");
        Assert.Equal((4, string.Empty), (ran.Exit, ran.Output));
        using var error = System.Text.Json.JsonDocument.Parse(ran.Error);
        Assert.Equal(["code", "key", "cause", "hint", "exit"], error.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("TASK_NOT_FOUND", "none", 4), (
            error.RootElement.GetProperty("code").GetString(), error.RootElement.GetProperty("key").GetString(),
            error.RootElement.GetProperty("exit").GetInt32()));
    }
}
