using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>
/// Whatever is damaged, a verification of the store names it, and exactly the checkpoints that cannot be read because of it.
/// </summary>
public sealed class VerifyStoreTests : VerifyTest
{
    private const string AllFrames = "SELECT id FROM frames ORDER BY id";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sound_FindsNothing(bool quick)
    {
        await PrepareAsync();
        var report = await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = quick }, Stop);
        Assert.True(report.Finished);
        Assert.Empty(report.Damaged);
        Assert.Equal(Frames(AllFrames).Count + 3L, report.Items);
        Assert.Equal((Keys.Count, 0L), (report.Checkpoints, report.Affected));
        Assert.Equal(Ask("SELECT sum(length(head) + payload) FROM frames") + Ask("SELECT sum(bytes) FROM base_files"), report.Bytes);
        Assert.Empty(await Store.Maintenance.ListDamageAsync(Stop));
        Assert.Equal(quick, await Store.LastVerifiedAsync(Stop) is null);
    }

    [Fact]
    public async Task FlippedByte_InAnyFrame_NamesExactlyWhatCannotBeRead()
    {
        await PrepareAsync();
        foreach (var frame in Frames(AllFrames))
        {
            var data = DataOf(frame);
            var flipped = (byte[])data.Clone();
            flipped[data.Length / 2] ^= 1;
            PutData(frame, flipped);
            var report = await AssertExactAsync();
            Assert.Single(report.Damaged);
            Assert.NotEqual(0, report.Affected);
            PutData(frame, data);
        }

        Assert.Empty((await AssertExactAsync()).Damaged);
        Assert.Empty(await Store.Maintenance.ListDamageAsync(Stop));
    }

    [Fact]
    public async Task FlippedByte_InAnyHead_NamesExactlyWhatCannotBeRead()
    {
        await PrepareAsync();
        foreach (var frame in Frames(AllFrames))
        {
            const string Flip =
                "UPDATE frames SET head = CAST(substr(head, 1, {0}) || x'{1}' || substr(head, {0} + 2) AS BLOB) WHERE id = {2}";
            var was = Ask(
                "SELECT unicode(substr(hex(substr(head, 41, 1)), 1, 1)) * 256 + unicode(substr(hex(substr(head, 41, 1)), 2, 1)) FROM "
                + $"frames WHERE id = {frame}");
            var hex = $"{(char)(was / 256)}{(char)(was % 256)}";
            Sql(string.Format(Flip, 40, hex == "55" ? "56" : "55", frame));
            Assert.Single((await AssertExactAsync()).Damaged);
            Assert.Single((await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = true }, Stop)).Damaged);
            Sql(string.Format(Flip, 40, hex, frame));
        }

        Assert.Empty((await AssertExactAsync()).Damaged);
    }

    [Fact]
    public async Task MissingPiece_IsFoundByAQuickOne()
    {
        await PrepareAsync();
        Sql("DELETE FROM pieces WHERE frame = (SELECT frame FROM checkpoints WHERE step = 40)");
        var quick = await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = true }, Stop);
        Assert.Equal("task/40", Assert.Single(quick.Damaged).Key);
        Assert.Equal(["task/40", "task/42"], Assert.Single((await AssertExactAsync()).Damaged).Affected);
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(-1, false)]
    [InlineData(-700, false)]
    [InlineData(1_500_000, true)]
    public async Task FlippedByte_InABase_NamesThoseThatReadTheTensor(long offset, bool replaced)
    {
        await PrepareAsync();
        var path = BaseFileOf(Base);
        FlipFile(path, offset < 0 ? new FileInfo(path).Length + offset : offset);
        Assert.Empty((await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = true, Task = "narrow" }, Stop)).Damaged);
        var damaged = Assert.Single((await AssertExactAsync()).Damaged);
        Assert.StartsWith("base ", damaged.Key, StringComparison.Ordinal);
        Assert.Equal(!replaced, damaged.Affected.Contains("own/1"));
    }

    [Fact]
    public async Task MissingBase_IsFoundByAQuickOne()
    {
        await PrepareAsync();
        File.Delete(BaseFileOf(Base));
        var damaged = Assert.Single((await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = true }, Stop)).Damaged);
        Assert.Equal(Keys.Count(key => key.Task != "narrow"), damaged.AffectedCount);
        await AssertExactAsync();
    }

    [Fact]
    public async Task DamagedHeaders_NameTheirCheckpoint()
    {
        await PrepareAsync();
        Sql("UPDATE headers SET data = CAST(substr(data, 1, 9) || x'00' || substr(data, 11) AS BLOB)");
        Assert.Contains(
            await Report(quick: true),
            item => item.Key.StartsWith("headers ", StringComparison.Ordinal) && item.Affected.SequenceEqual(["task/30"]));
    }

    [Theory]
    [InlineData("UPDATE checkpoints SET frame = (SELECT frame FROM checkpoints WHERE step = 40) WHERE step = 30", "task/30")]
    [InlineData("UPDATE checkpoints SET parent = (SELECT id FROM checkpoints WHERE step = 30) WHERE step = 42", "task/42")]
    [InlineData("UPDATE checkpoints SET parent = NULL WHERE step = 42", "task/42")]
    [InlineData("UPDATE checkpoints SET changed = changed + 1 WHERE step = 42", "task/42")]
    [InlineData("UPDATE checkpoints SET state = zeroblob(32) WHERE step = 42", "task/42")]
    [InlineData("UPDATE checkpoints SET metrics = '{' WHERE step = 42", "task/42")]
    [InlineData("UPDATE checkpoints SET value_bytes = value_bytes + 1 WHERE step = 42", "task/42")]
    [InlineData(
        "UPDATE totals SET value_bytes = value_bytes + 1 WHERE task = (SELECT id FROM tasks WHERE name = 'task')",
        "database: totals of task")]
    [InlineData("UPDATE tasks SET layout = zeroblob(32) WHERE name = 'own'", "task own")]
    [InlineData("UPDATE masks SET count = count + 1 WHERE frame IS NOT NULL AND frame = (SELECT max(frame) FROM masks)", "mask")]
    public async Task Rows_ThatDoNotFit_AreFoundByAQuickOne(string sql, string key)
    {
        await PrepareAsync();
        Sql(sql);
        Assert.Contains(await Report(quick: true), item => item.Key.StartsWith(key, StringComparison.Ordinal));
        Assert.Contains(await Report(quick: false), item => item.Key.StartsWith(key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task MissingRow_IsFoundWithWhatRefersToIt()
    {
        await PrepareAsync();
        await Store.DisposeAsync();
        Sql("PRAGMA foreign_keys = OFF; DELETE FROM frames WHERE id = (SELECT frame FROM checkpoints WHERE step = 40)");
        await ReopenAsync();
        var damaged = await Report(quick: true);
        Assert.Contains(damaged, item => item.Key == "task/40" && item.Affected.SequenceEqual(["task/40", "task/42"]));
        Assert.Contains(damaged, item => item.Key.StartsWith("database: row ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PageOfTheDatabase_OverwrittenWithNoise_IsFound()
    {
        await PrepareAsync();
        var page = (int)Ask("SELECT rootpage FROM sqlite_master WHERE name = 'checkpoints_by_mask'");
        await Store.DisposeAsync();
        var noise = new byte[16384];
        new Random(1).NextBytes(noise);
        await using (var file = File.OpenWrite(DatabasePath))
        {
            file.Position = (page - 1) * 16384L;
            await file.WriteAsync(noise, Stop);
        }

        await ReopenAsync();
        Assert.Contains(await Report(quick: true), item => item.Key.StartsWith("database", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Quick_ReadsNoPayload()
    {
        await PrepareAsync();
        FlipPiece(Frames("SELECT frame FROM checkpoints WHERE step = 42")[0]);
        Assert.Empty(await Report(quick: true));
        Assert.Equal("task/42", Assert.Single(await Report(quick: false)).Key);

        // What only a full one finds, a quick one does not find gone.
        Assert.Empty(await Report(quick: true));
        Assert.Equal("task/42", Assert.Single(await Store.Maintenance.ListDamageAsync(Stop)).Key);
    }

    [Fact]
    public async Task Damage_IsKnownUntilItIsMended()
    {
        await PrepareAsync();
        FlipPiece(Frames("SELECT frame FROM checkpoints WHERE step = 40")[0]);
        await Store.Maintenance.VerifyAsync(null, Stop);
        var found = Assert.Single(await Store.Maintenance.ListDamageAsync(Stop));
        await Store.Maintenance.VerifyAsync(null, Stop);
        var again = Assert.Single(await Store.Maintenance.ListDamageAsync(Stop));
        Assert.Equal((found.Key, found.Found), (again.Key, again.Found));
        Assert.True(again.Seen >= found.Seen);
        await SaveAsync(40, Base.Change(40, 0.001));
        Assert.Empty((await AssertExactAsync()).Damaged);
        Assert.Empty(await Store.Maintenance.ListDamageAsync(Stop));
    }

    [Fact]
    public async Task Damage_OfWhatIsDeleted_IsForgotten()
    {
        await PrepareAsync();
        FlipPiece(Frames("SELECT frame FROM checkpoints WHERE step = 30")[0]);
        await Store.Maintenance.VerifyAsync(null, Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(30), Stop);
        await Store.Maintenance.VerifyAsync(null, Stop);
        Assert.Empty(await Store.Maintenance.ListDamageAsync(Stop));
        Assert.Equal(
            0,
            Ask("SELECT count(*) FROM verified WHERE item LIKE 'checkpoint %' AND substr(item, 12) NOT IN (SELECT id FROM checkpoints)"));
    }

    private async Task<IReadOnlyList<DamagedItem>> Report(bool quick) =>
        (await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = quick }, Stop)).Damaged;
}
