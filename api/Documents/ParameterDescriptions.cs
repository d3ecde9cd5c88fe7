using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FishCheckpoint.Api.Documents;

/// <summary>The descriptions of path and query parameters in the OpenAPI document.</summary>
internal static class ParameterDescriptions
{
    // By name; with the method or the format of the value in front if the meaning depends on it.
    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["after"] = "The `next` of the previous page.",
        ["author"] = "Only repositories of this owner.",
        ["base"] = "Only the tasks of this base.",
        ["blobs"] = "Whether to add sizes and digests.",
        ["bucket"] = "The interval: day, week or month.",
        ["cursor"] = "The start of the page, from the link of the previous one.",
        ["direction"] = "-1 for descending order.",
        ["dryRun"] = "Whether to only show the result, and change nothing.",
        ["expand"] = "Whether to add the last commit of each entry.",
        ["file"] = "The path of the file in the model.",
        ["filter"] = "Only repositories with this tag. May be repeated.",
        ["from"] = "The state to compare with: base, a step, latest, best, a tag, or TASK:STEP.",
        ["date from"] = "The first day, as in 2026-01-31.",
        ["int64 from"] = "The first step.",
        ["full"] = "Whether to add the files of each repository.",
        ["include_prs"] = "Whether to add pull requests, of which there are none.",
        ["key"] = "The name or the id of the key.",
        ["limit"] = "The largest number of items.",
        ["maxTime"] = "The longest time to work, in seconds.",
        ["name"] = "The name or the id of the base.",
        ["now"] = "Whether to end the grace period of deleted checkpoints.",
        ["number"] = "The number of a discussion.",
        ["order"] = "`ascending` or `descending`.",
        ["overwrite"] = "Whether to replace a checkpoint of other content.",
        ["parent"] = "The parent that the delta is computed against: auto, base, previous, or a step.",
        ["path"] = "A folder of the repository.",
        ["points"] = "The largest number of checkpoints to report.",
        ["PUT base"] = "The base that training started from; the save is refused if the task has another one.",
        ["PUT name"] = "The name of the base.",
        ["recursive"] = "Whether to include subfolders.",
        ["revision"] = "main, a tag, step-N, or a commit.",
        ["search"] = "Only repositories whose name contains this text. May be repeated.",
        ["since"] = "Only entries since this time.",
        ["sort"] = "createdAt or lastModified.",
        ["step"] = "The step; of a stored checkpoint also latest, best, or a tag.",
        ["tag"] = "The tag.",
        ["task"] = "The task.",
        ["tensor"] = "The name of the tensor.",
        ["to"] = "The last day, as in 2026-01-31.",
        ["int64 to"] = "The last step.",
    };

    /// <summary>Describes the parameters of an operation that have no description.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="context">Its route.</param>
    /// <param name="cancellation">Unused.</param>
    public static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            if (string.IsNullOrEmpty(parameter.Description))
            {
                parameter.Description = Texts.GetValueOrDefault($"{context.Description.HttpMethod} {parameter.Name}")
                    ?? Texts.GetValueOrDefault($"{parameter.Schema?.Format} {parameter.Name}")
                    ?? Texts.GetValueOrDefault(parameter.Name ?? string.Empty);
            }
        }

        return Task.CompletedTask;
    }
}
