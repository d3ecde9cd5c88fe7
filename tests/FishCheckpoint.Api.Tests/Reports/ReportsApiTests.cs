using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Reports;
using Xunit;

namespace FishCheckpoint.Api.Tests.Reports;

public sealed class ReportsApiTests : ApiTest
{
    [Fact]
    public async Task Report_CountsWhatIsStored()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(2, Base.Change(2)));
        var task = await JsonAsync<StorageReport>("/v1/tasks/task/reports/storage");
        Assert.Equal(("task", 2, 2L * Base.ToBytes().Length), (task.Task, task.Checkpoints, task.LogicalBytes));
        Assert.InRange(task.Ratio, 5, 1000);
        var whole = await JsonAsync<StorageReport>("/v1/reports/storage");
        Assert.Equal((null, 2, task.Stored.Total), (whole.Task, whole.Checkpoints, whole.Stored.Total));
        Assert.Equal(Base.ToBytes().Length, whole.Disk?.Bases);
        Assert.Equal("task", whole.Tasks?.Single().Task);
        await RefusedAsync(HttpStatusCode.NotFound, "TASK_NOT_FOUND", () => GetAsync("/v1/tasks/none/reports/storage"));
    }

    [Fact]
    public async Task Growth_GivesStepsAndRefusesWhatIsNone()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        using var growth = System.Text.Json.JsonDocument.Parse(
            await Client.GetStringAsync(new Uri("/v1/reports/growth?bucket=week&task=task", UriKind.Relative), Stop));
        Assert.Equal("week", growth.RootElement.GetProperty("bucket").GetString());
        var points = growth.RootElement.GetProperty("points").EnumerateArray().ToArray();
        Assert.Equal((30, 1L), (points.Length, points[^1].GetProperty("checkpointsAtEnd").GetInt64()));
        Assert.Equal(
            DayOfWeek.Monday,
            DateOnly.Parse(points[0].GetProperty("from").GetString()!, System.Globalization.CultureInfo.InvariantCulture).DayOfWeek);
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync("/v1/reports/growth?bucket=hour"));
        await RefusedAsync(HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync("/v1/reports/growth?from=yesterday"));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync("/v1/reports/growth?from=2026-02-01&to=2026-01-01"));
        await RefusedAsync(
            HttpStatusCode.BadRequest, "REQUEST_INVALID", () => GetAsync("/v1/reports/growth?from=0001-01-01&to=9999-12-31"));
        await RefusedAsync(HttpStatusCode.BadRequest, "NAME_INVALID", () => GetAsync("/v1/reports/growth?task=..%2Fa"));
    }

    [Fact]
    public async Task Tensors_ComeInPagesByTheirSize()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        using var first = await GetAsync("/v1/tasks/task/reports/tensors?limit=3");
        Assert.Contains("after=3", first.Headers.GetValues("Link").Single(), StringComparison.Ordinal);
        var page = await JsonAsync<FishCheckpoint.Checkpoints.Page<TensorReport>>("/v1/tasks/task/reports/tensors?limit=3");
        Assert.Equal(("embed.weight", 3), (page.Items[0].Name, page.Items.Count));
        var ofBase = await JsonAsync<StorageReport>("/v1/bases/base/reports/storage");
        Assert.Equal(("base", 1L, (long)Base.ToBytes().Length), (ofBase.Base, ofBase.Checkpoints, ofBase.BaseBytes));
        await RefusedAsync(HttpStatusCode.NotFound, "BASE_NOT_FOUND", () => GetAsync("/v1/bases/none/reports/storage"));
    }
}
