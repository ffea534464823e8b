/** What a folder of a model may hold when another is written there: models and adapters, what runs leave beside them, and tokenizers' files. */
export const FOLDER_FILES: readonly string[] = [
  ...["config.json", "generation_config.json", "model.safetensors", "adapter_config.json", "adapter_model.safetensors"],
  ...["adapter.safetensors", "model_head.safetensors", "head_config.json"],
  ...["README.md", "trainer_state.json", "all_results.json", "training.safetensors"],
  ...["modules.json", "1_Pooling/config.json", "2_Normalize/config.json", "sentence_bert_config.json", "config_sentence_transformers.json"],
  ...["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt"],
  ...["chat_template.jinja", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model"],
];

/** The same of an adapter: beside a whole model it would not be read. */
export const ADAPTER_FOLDER_FILES: readonly string[] = FOLDER_FILES.filter((name) => name !== "model.safetensors");
